"""The connectors with which a Spark reads Kafka and writes Iceberg tables, and the Spark that they fit."""

from __future__ import annotations

from pathlib import Path

from ethlogs_devnet.maven import JarSet, Module
from ethlogs_devnet.progress import Report, silent

SPARK_41 = "4.1.1"
"""The newest Spark for which both connectors exist."""

TABLE_JARS = JarSet(
    "Spark-tables",
    SPARK_41,
    (
        Module("org.apache.spark", "spark-sql-kafka-0-10_2.13", SPARK_41),
        Module("org.apache.iceberg", "iceberg-spark-runtime-4.1_2.13", "1.12.0"),
    ),
    Path(__file__).with_name("spark_tables.sha256"),
    "half a minute",
)
_OF_SPARK = ("hadoop-", "jsr305-", "lz4-", "scala-", "slf4j-", "snappy-", "spark-tags")
"""What the connectors need and Spark itself brings."""


def find_table_jars(report: Report = silent) -> list[Path]:
    """Return the jars for ``--jars``; fetch them first where they are not there."""
    return [jar for jar in TABLE_JARS.find(report) if not jar.name.startswith(_OF_SPARK)]

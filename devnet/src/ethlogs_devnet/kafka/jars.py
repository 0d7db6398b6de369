"""Kafka's jars."""

from __future__ import annotations

from pathlib import Path

from ethlogs_devnet.maven import JarSet, Module

KAFKA_VERSION = "4.3.1"
_LOG4J_VERSION = "2.25.4"

KAFKA_JARS = JarSet(
    "Kafka",
    KAFKA_VERSION,
    (
        Module("org.apache.kafka", "kafka_2.13", KAFKA_VERSION),
        Module("org.apache.logging.log4j", "log4j-slf4j-impl", _LOG4J_VERSION),
        Module("org.apache.logging.log4j", "log4j-core", _LOG4J_VERSION),
    ),
    Path(__file__).with_name("jars.sha256"),
    "about a minute",
)

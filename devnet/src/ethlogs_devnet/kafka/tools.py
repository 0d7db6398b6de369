"""Kafka's own command line tools, as scripts of the names that Linux distributions give them."""

from __future__ import annotations

import shlex
from pathlib import Path

from ethlogs_devnet.java import find_java
from ethlogs_devnet.kafka.jars import KAFKA_JARS, KAFKA_VERSION
from ethlogs_devnet.maven import JarSet, Module
from ethlogs_devnet.progress import Report, silent

KAFKA_TOOLS_JAR = JarSet(
    "Kafka-tools",
    KAFKA_VERSION,
    (Module("org.apache.kafka", "kafka-tools", KAFKA_VERSION),),
    Path(__file__).with_name("tools.sha256"),
    "some seconds",
    # what else it names is for tools of Kafka Connect
    alone=True,
)
_PACKAGE = "org.apache.kafka.tools"
_CLASSES = {
    "kafka-acls": "AclCommand",
    "kafka-console-consumer": "consumer.ConsoleConsumer",
    "kafka-topics": "TopicCommand",
}
_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+PerfDisableSharedMem")


def write_tools(folder: Path, report: Report = silent) -> None:
    """Write the tools into a folder for PATH; their jar is fetched first where it is not there."""
    jars = [*KAFKA_JARS.find(report), *KAFKA_TOOLS_JAR.find(report)]
    folder.mkdir(parents=True, exist_ok=True)
    for name, class_name in _CLASSES.items():
        command = [find_java(), *_OPTIONS, "-cp", ":".join(map(str, jars)), f"{_PACKAGE}.{class_name}"]
        # $KAFKA_OPTS has options of Java here, as in Kafka's archive
        words = f'{shlex.quote(command[0])} $KAFKA_OPTS {shlex.join(command[1:])} "$@"'
        path = folder / name
        path.write_text(f"#!/bin/sh\nexec {words}\n")
        path.chmod(0o755)

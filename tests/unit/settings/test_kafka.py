"""How Kafka is reached: what follows from the bootstrap servers."""

from __future__ import annotations

from ethlogs.settings import KafkaSettings


def test_the_hosts_are_those_of_the_bootstrap_servers() -> None:
    assert KafkaSettings("a.example:9092, b.example:9093,[::1]:9092").hosts == [
        "a.example",
        "b.example",
        "[::1]",
    ]

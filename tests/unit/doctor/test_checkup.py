"""A checkup: one look after the other."""

from __future__ import annotations

from ethlogs.doctor.checkup import Checkup, Finding
from ethlogs.errors import KafkaUnavailableError, NodeUnavailableError


def fail_node() -> str:
    raise NodeUnavailableError("node geth cannot be reached", hint="is it running?")


def fail_kafka() -> str:
    raise KafkaUnavailableError("Kafka is away")


def test_what_rests_on_a_failure_is_skipped_and_the_rest_is_looked_at() -> None:
    told: list[Finding] = []
    checkup = Checkup(told.append)
    assert checkup.look("java", lambda: "17")
    assert not checkup.look("node", fail_node)
    assert not checkup.look("head", lambda: "7", needs="node")
    assert not checkup.look("proof", lambda: "8", needs="head")
    assert checkup.look("kafka", lambda: "1 broker", needs="java")
    assert [(f.name, f.state) for f in told] == [
        ("java", "ok"),
        ("node", "failed"),
        ("head", "skipped"),
        ("proof", "skipped"),
        ("kafka", "ok"),
    ]
    assert told == checkup.findings


def test_the_exit_status_is_the_first_failures() -> None:
    checkup = Checkup(lambda _finding: None)
    assert checkup.exit_status == 0
    checkup.look("node", fail_node)
    checkup.look("kafka", fail_kafka)
    assert checkup.exit_status == 6


def test_a_finding_has_its_mend_on_a_line_of_its_own() -> None:
    checkup = Checkup(lambda _finding: None)
    checkup.look("node", fail_node)
    first, second = checkup.findings[0].to_lines().splitlines()
    assert first.startswith("failed  node          node geth cannot be reached (0.")
    assert second.strip() == "what to do: is it running?"

"""The status of a stream, shown again and again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ethlogs.errors import KafkaUnavailableError
from ethlogs.settings import StreamSettings
from ethlogs.status import StreamStatus, _build_status
from ethlogs.stream.tail import Tail
from tests.unit.cli.calls import KAFKA, NODE, Call
from tests.unit.samples import TAIL, ends_with


def test_watching_goes_on_while_kafka_is_away(monkeypatch: pytest.MonkeyPatch, call: Call) -> None:
    """The statuses are made up: when which of them comes is what matters."""
    stands = _build_status(StreamSettings(), ends_with(Tail(None, None, 0, stable=True)), None)
    looks: Iterator[StreamStatus | BaseException] = iter(
        [stands, KafkaUnavailableError("Kafka is away"), stands, KeyboardInterrupt()]
    )

    def look(*_: object) -> StreamStatus:
        found = next(looks)
        if isinstance(found, BaseException):
            raise found
        return found

    monkeypatch.setattr("ethlogs.cli.status.fetch_status", look)
    monkeypatch.setattr("ethlogs.cli.status._WATCH_SECONDS", 0.0)
    monkeypatch.delenv("HADOOP_CONF_DIR", raising=False)
    monkeypatch.delenv("YARN_CONF_DIR", raising=False)
    outcome = call("status", *KAFKA, "--watch")
    assert outcome.status == 130
    assert outcome.stdout.count("none yet") == 2
    assert outcome.stderr == (
        "Kafka is away; asking again\nstopped watching; eth_eventlogs has no followed block yet\n"
    )


def test_watching_ends_with_10_as_soon_as_a_limit_is_exceeded(
    monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    """The statuses are made up: when which of them comes is what matters."""
    well = _build_status(StreamSettings(), ends_with(TAIL), 101, 101)
    looks = iter([well, well, _build_status(StreamSettings(), ends_with(TAIL), 150, 150)])
    monkeypatch.setattr("ethlogs.cli.status.fetch_status", lambda *_: next(looks))
    monkeypatch.setattr("ethlogs.cli.status._WATCH_SECONDS", 0.0)
    monkeypatch.delenv("HADOOP_CONF_DIR", raising=False)
    monkeypatch.delenv("YARN_CONF_DIR", raising=False)
    outcome = call("status", *KAFKA, *NODE, "--watch", "--max-lag", "5")
    assert outcome.status == 10
    assert "error: the stream is 50 blocks behind block 150" in outcome.stderr

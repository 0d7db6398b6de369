"""A task on its way to an executor and back, pickled as Spark does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pyspark.serializers import CloudPickleSerializer

from ethlogs.backfill import task
from ethlogs.backfill.link import Segment
from ethlogs.backfill.shipped import ShippedSettings
from ethlogs.backfill.task import Piece, TaskEnd, TaskSettings, run_piece, run_segment
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import BrokenChainError, InterruptedRunError, NodeUnavailableError, SettingsError
from ethlogs.node import client
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings, to_json
from tests.unit.fake_stream import TOPICS
from tests.unit.local_node import Json, Reply, local_node, result

_SERIALIZER: Any = CloudPickleSerializer
HIDDEN = "hunter2"
NOBODY = f"http://127.0.0.1:1/{HIDDEN}"
PIECE = Piece(3, (96, 97), b"\x11" * 64)
GENESIS, OTHER = "0x" + "11" * 32, "0x" + "22" * 32


def settings(*urls: str, file: Path = Path("nothing"), patience_seconds: float = 0.0) -> TaskSettings:
    node = NodeSettings(urls, request_timeout_seconds=1.0, patience_seconds=patience_seconds)
    run = RunSettings(
        "a-run", "backfill", node, KafkaSettings("kafka:9092", (("sasl.plain.password", HIDDEN),))
    )
    return TaskSettings(ShippedSettings(run, file), 1, TOPICS, TOPICS.identity(1, GENESIS), 0, 99, {1: 0}, 2)


def through_spark(value: Any) -> Any:
    serializer = _SERIALIZER()
    return serializer.loads(serializer.dumps(value))


def test_a_task_survives_its_way_to_an_executor_which_has_the_settings_file(tmp_path: Path) -> None:
    sent = settings(NOBODY, file=tmp_path / "settings.json")
    (tmp_path / "settings.json").write_bytes(to_json(sent.run))
    sent_task = through_spark(partial(run_piece, sent, 5, PIECE))
    assert sent_task.func is run_piece
    received, number, piece = sent_task.args
    assert (received.run, number, piece) == (sent.run, 5, PIECE)
    assert replace(received, shipped=sent.shipped) == sent


def test_no_secret_is_in_what_spark_sends_to_an_executor() -> None:
    sent = _SERIALIZER().dumps(partial(run_piece, settings(NOBODY), 5, PIECE))
    assert b"nothing" in sent
    assert HIDDEN.encode() not in sent


def test_an_executor_without_the_settings_file_says_so() -> None:
    with pytest.raises(SettingsError, match=r"an executor cannot read the run's settings /.*/nothing"):
        through_spark(settings(NOBODY))


def test_how_a_task_ended_survives_its_way_back() -> None:
    end = TaskEnd(BrokenChainError("broken", hint="another node"), Segment(1, b"a", b"b"), 3, ["a notice"])
    back = through_spark(end)
    assert (str(back.error), back.error.hint, back.error.exit_status) == ("broken", "another node", 6)
    assert (back.segment, back.retries, back.notices) == (end.segment, 3, ["a notice"])
    assert through_spark(InterruptedRunError("ended", signal_number=15)).exit_status == 143


def test_an_error_of_a_task_is_returned_since_spark_would_only_try_again() -> None:
    for end in (run_segment(settings(NOBODY), 0, 1, 2), run_piece(settings(NOBODY), 1, PIECE)):
        assert type(end.error) is NodeUnavailableError
        assert HIDDEN not in f"{end.error} {end.error.hint} {end.notices} {end!r}"


def test_no_secret_is_in_what_a_task_is_called() -> None:
    assert HIDDEN not in repr(partial(run_piece, settings(NOBODY), 5, PIECE))


def chain_of(genesis: str, *, away: int = 0) -> Callable[[Json], Reply]:
    """A node of chain 1 that is away for its first requests."""
    left = iter(range(away))

    def respond(asked: Json) -> Reply:
        if next(left, None) is not None:
            return Reply(status=503)
        return result("0x1" if asked["method"] == "eth_chainId" else {"hash": genesis, "number": "0x0"})

    return respond


def test_a_node_that_is_away_when_a_task_begins_has_the_whole_patience(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The driver has had answers of it, so its URL is not wrong."""
    monkeypatch.setattr(client, "FIRST_CONTACT_SECONDS", 0.0)
    with local_node(chain_of(GENESIS, away=4)) as served:
        given = settings(served.url, patience_seconds=300.0)
        with task.open_node(given, 0, StopSwitch(), TaskEnd()) as node:
            assert node.identity.genesis_hash == GENESIS
        assert len(served.requests) > 4


def test_a_task_uses_no_node_of_another_chain() -> None:
    with local_node(chain_of(OTHER)) as other, local_node(chain_of(GENESIS)) as right:
        with task.open_node(settings(other.url, right.url), 0, StopSwitch(), TaskEnd()) as node:
            assert node.name == right.url
        end = run_piece(settings(other.url), 0, PIECE)
    assert isinstance(end.error, SettingsError)
    assert f"genesis {OTHER}; the chain in use has chain id 1 and genesis {GENESIS}" in str(end.error)

"""What would end a run at once is found out before Spark is started."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ethlogs.doctor import first_look
from ethlogs.doctor.first_look import look_first
from ethlogs.errors import SettingsError, TopicError
from ethlogs.settings import (
    FollowSettings,
    KafkaSettings,
    NodeSettings,
    RangeSettings,
    RunSettings,
    StreamSettings,
    TopicCreation,
)
from ethlogs.settings.backfill import BackfillSettings
from tests.unit.doctor.fake_brokers import TOPIC, FakeBrokers
from tests.unit.local_node import local_node, result
from tests.unit.samples import TAIL
from tests.unit.tcp_server import tcp_server

SETTINGS = RunSettings(
    run="a-run",
    job="produce",
    node=NodeSettings(("http://127.0.0.1:9",)),
    kafka=KafkaSettings("127.0.0.1:9"),
    stream=StreamSettings(),
)


@pytest.fixture
def brokers(monkeypatch: pytest.MonkeyPatch) -> FakeBrokers:
    fake = FakeBrokers()

    @contextlib.contextmanager
    def admin_client(settings: KafkaSettings) -> Iterator[FakeBrokers]:
        yield fake

    monkeypatch.setattr(first_look, "admin_client", admin_client)
    monkeypatch.setattr(first_look, "has_records", lambda settings, topic: topic.name in fake.with_records)
    monkeypatch.setattr(first_look, "read_tails", lambda settings, name, partitions: {0: fake.tail})
    return fake


def look(**changes: Any) -> None:
    answers = {
        "eth_chainId": "0x1",
        "eth_getBlockByNumber": {"hash": "0x" + "d4" * 32},
        "eth_blockNumber": "0x64",
    }
    with (
        tcp_server(lambda _connection: None) as server,
        local_node(lambda asked: result(answers[asked["method"]])) as node,
    ):
        look_first(replace(SETTINGS, kafka=KafkaSettings(server), node=NodeSettings((node.url,)), **changes))


def test_a_stream_that_is_there_is_no_obstacle(brokers: FakeBrokers) -> None:
    look()


def test_a_missing_topic_is_refused_unless_it_is_to_be_created(brokers: FakeBrokers) -> None:
    brokers.forget(TOPIC)
    with pytest.raises(TopicError, match=f"the topic {TOPIC} does not exist"):
        look()
    look(topics=TopicCreation(create=True))


def test_a_start_above_the_head_is_refused_for_a_new_stream_alone(brokers: FakeBrokers) -> None:
    above = RangeSettings(start="200")
    with pytest.raises(SettingsError, match="--start 200 is above the head of the chain, block 100"):
        look(range=above)
    brokers.tail = TAIL
    look(range=above)


def test_an_end_below_the_block_at_which_a_new_stream_begins_is_refused(brokers: FakeBrokers) -> None:
    below = RangeSettings(to=50)
    with pytest.raises(SettingsError, match="--to 50 is below block 100"):
        look(range=below)
    # Where the run begins lower, only the driver knows where.
    look(range=below, follow=FollowSettings(head="finalized"))
    look(range=below, follow=FollowSettings(confirmations=60))
    brokers.tail = TAIL
    look(range=below)


def test_records_without_a_ledger_are_left_to_the_driver_whatever_the_heights(brokers: FakeBrokers) -> None:
    brokers.with_records = {TOPIC}
    look(range=RangeSettings(to=50))
    look(range=RangeSettings(start="200"))


def test_history_from_above_the_head_is_refused_unless_its_end_says_to_wait(brokers: FakeBrokers) -> None:
    with pytest.raises(SettingsError, match="--from 200 is above the head of the chain, block 100"):
        look(backfill=BackfillSettings(first=200))
    look(backfill=BackfillSettings(first=200, to=300))
    look(backfill=BackfillSettings(first=100))


def test_a_node_that_does_not_answer_here_is_warned_of_where_a_driver_begins_much_later() -> None:
    warnings: list[str] = []
    look_first(SETTINGS, warnings.append)
    (warning,) = warnings
    assert warning.startswith(
        "warning: node http://127.0.0.1:9 cannot be reached: Connection refused, asked from "
    )
    assert warning.endswith("; a driver that cannot reach it either tries for 30 s in each attempt")


def test_a_node_that_answers_is_no_warning(brokers: FakeBrokers) -> None:
    warnings: list[str] = []
    answers = {"eth_chainId": "0x1", "eth_getBlockByNumber": {"hash": "0x" + "d4" * 32}}
    with local_node(lambda asked: result(answers[asked["method"]])) as node:
        look_first(replace(SETTINGS, node=NodeSettings((node.url,))), warnings.append)
    assert warnings == []


def test_what_cannot_be_reached_from_here_is_left_to_the_driver(brokers: FakeBrokers) -> None:
    brokers.forget(TOPIC)
    look_first(SETTINGS)

"""A stream is opened: which chain of several, and what the user is warned of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.follow import open_stream as module
from ethlogs.follow.open_stream import OpenStream, open_stream
from ethlogs.node import NodeIdentity
from ethlogs.run.journal import Journal
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings
from ethlogs.stream.tail import Tail
from tests.unit.fake_stream import TOPICS

CONNECTED = NodeIdentity(5, "0xanother")
STREAM = NodeIdentity(1, "0xgenesis")
SETTINGS = RunSettings(
    "a-run", "produce", NodeSettings(("http://a-node", "http://b-node")), KafkaSettings("kafka:9092")
)
CLAIMED: Any = SimpleNamespace(claim=SimpleNamespace(identity=TOPICS.identity(1, "0xgenesis")))


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    """A node of two URLs that have different chains, and topics that are there."""
    node = mock.Mock(is_alone=False, retries=0, waiting=None)
    node.connect.return_value = CONNECTED
    node.bind.side_effect = lambda identity: identity
    node.name = "a-node"
    monkeypatch.setattr(module, "Node", lambda *_, **_more: node)
    topics = (TOPICS.event_logs, TOPICS.ledger, ("replication factor 1",))
    monkeypatch.setattr(module, "ensure_topics", lambda *_: topics)
    monkeypatch.setattr(module, "TopicWatch", mock.MagicMock())
    return node


def open_it(monkeypatch: pytest.MonkeyPatch, *tails: Tail) -> tuple[OpenStream, Journal]:
    """Open the stream of a ledger whose partitions end so."""
    monkeypatch.setattr(module, "read_tails", lambda *_: dict(enumerate(tails)))
    journal = Journal("a-run", 1, lambda _snapshot: None)
    with open_stream(SETTINGS, StopSwitch(), journal) as opened:
        return opened, journal


@pytest.mark.parametrize(
    ("follower", "slot", "chain"),
    [(None, None, CONNECTED), (CLAIMED, None, STREAM), (None, CLAIMED, STREAM)],
    ids=["a new stream", "a followed one", "one that was only backfilled"],
)
def test_of_several_urls_those_of_the_streams_chain_are_asked(
    node: mock.Mock, monkeypatch: pytest.MonkeyPatch, follower: Any, slot: Any, chain: NodeIdentity
) -> None:
    tails = [Tail(None, newest, 0, stable=True) for newest in (follower, slot)]
    opened, journal = open_it(monkeypatch, *tails)
    assert opened.chain == chain
    assert journal.chain_id == chain.chain_id
    assert opened.identity == TOPICS.identity(chain.chain_id, chain.genesis_hash)
    assert node.bind.called is (chain == STREAM)
    node.close.assert_called_once()


def test_what_is_unwise_about_the_topics_is_said(node: mock.Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    _, journal = open_it(monkeypatch, Tail(None, None, 0, stable=True))
    assert "replication factor 1" in [notice["text"] for notice in journal.snapshot()["notices"]]

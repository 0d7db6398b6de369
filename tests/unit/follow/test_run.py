"""A run from its first look at the ledger to its last block: claiming, resuming, recovering, giving way.

Node and stream are in memory (see :mod:`tests.unit.fake_stream`), and so is the tail of the ledger, which a
broker's offsets give elsewhere.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import (
    EthlogsError,
    InterruptedRunError,
    KafkaUnavailableError,
    LedgerError,
    NodeError,
    SettingsError,
    SupersededError,
)
from ethlogs.follow import ownership, run
from ethlogs.follow.open_stream import OpenStream
from ethlogs.follow.run import Run
from ethlogs.follow.trouble import KafkaTrouble
from ethlogs.kafka.errors import FencedError
from ethlogs.ledger import BlockRecord, Claim, parse_ledger_record
from ethlogs.node import NodeIdentity
from ethlogs.run.journal import Journal
from ethlogs.selection import describe_selection
from ethlogs.settings import RangeSettings, SelectionSettings, StreamSettings
from ethlogs.stream import claim as claiming
from ethlogs.stream.claim import commit_claim
from ethlogs.stream.tail import Claimed, Tail
from tests.harness.streams import Row
from tests.unit.fake_stream import TOPICS, FakeChain, FakeTransaction, claim_of
from tests.unit.following import Following
from tests.unit.samples import EMPTY_TAIL

LEDGER = "logs.ledger"
SELECTION = describe_selection(SelectionSettings(addresses=("0xa1",)))


class Stream:
    """The stream in memory, as a run's writers and its looks at the ledger meet it."""

    def __init__(self, following: Following, monkeypatch: pytest.MonkeyPatch) -> None:
        self.following, self.writer = following, following.writer
        self.opened: list[str] = []
        """The transactional ids, one for each time that the stream was taken."""
        self.before_commit: Callable[[int], None] = lambda _commit: None
        """Is given the number of the commit, and may raise."""
        self.commits = 0
        monkeypatch.setattr(claiming, "read_tail", lambda *_: self.tail())
        monkeypatch.setattr(claiming, "read_stable_tail", lambda *_: self.tail())
        self.slot = EMPTY_TAIL
        monkeypatch.setattr(run, "read_tails", lambda *_: {1: self.slot})
        monkeypatch.setattr(run, "check_not_truncated", lambda *_: None)
        monkeypatch.setattr(
            run, "has_records", lambda _kafka, topic: any(self.writer.rows[topic.name].values())
        )
        monkeypatch.setattr(claiming, "TransactionalWriter", self._open)
        monkeypatch.setattr(run, "_FENCED_SECONDS", 0.05)
        monkeypatch.setattr(ownership, "WATCH_SECONDS", 0.0)

    def _open(self, _kafka: object, transactional_id: str, *_: object) -> Any:
        self.opened.append(transactional_id)
        return SimpleNamespace(transaction=self._transaction, close=lambda: None)

    @contextmanager
    def _transaction(self) -> Iterator[FakeTransaction]:
        with self.writer.transaction() as transaction:
            self.commits += 1
            self.before_commit(self.commits)
            yield transaction

    def tail(self) -> Tail:
        """The last block record, and the last claim, with no transaction open behind them."""
        tip, newest = None, None
        for row in self.writer.rows[LEDGER][0]:
            record = parse_ledger_record(row.key, row.value, "here")
            if isinstance(record, BlockRecord):
                tip = record
            elif isinstance(record, Claim):
                newest = Claimed(record, row.offset)
        return Tail(tip, newest, self.writer.ends[LEDGER, 0], stable=True)

    def run(self, name: str, attempt: int = 1, *, replace: bool = False, **wanted: Any) -> Journal:
        """Follow to the end of the range, as one attempt of a run."""
        settings = dataclasses.replace(
            self.following.settings,
            run=name,
            stream=StreamSettings("logs"),
            range=RangeSettings(**wanted),
            replace=replace,
        )
        stop = self.stop = StopSwitch()
        journal = self.journal = Journal(name, attempt, lambda _snapshot: None)
        watch = cast(Any, SimpleNamespace(look=lambda: None, check=lambda: None))
        trouble = KafkaTrouble(30.0, stop, journal)
        chain = NodeIdentity(1, "0xgenesis")
        opened = OpenStream(cast(Any, self.following.chain), chain, trouble, TOPICS, watch)
        Run(settings, attempt, stop, journal, opened).follow()
        return journal

    def claims(self) -> list[tuple[str, int, bool]]:
        """Run, attempt, and whether it was a release, of each claim."""
        records = (parse_ledger_record(row.key, row.value, "here") for row in self.writer.rows[LEDGER][0])
        return [(one.run, one.attempt, one.released) for one in records if isinstance(one, Claim)]

    def notices(self) -> str:
        """What the user was shown."""
        return " | ".join(notice["text"] for notice in self.journal.snapshot()["notices"])


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Stream:
    return Stream(Following(FakeChain(10), monkeypatch), monkeypatch)


def at(number: int, error: EthlogsError) -> Callable[[int], None]:
    """Fail at this commit."""

    def fail(commit: int) -> None:
        if commit == number:
            raise error

    return fail


def test_a_new_stream_is_claimed_before_its_first_block(stream: Stream) -> None:
    stream.run("first", start="2", blocks=3)
    assert stream.claims() == [("first", 1, False)]
    assert stream.writer.rows[LEDGER][0][0].key == b"claim"
    assert stream.writer.heights() == [2, 3, 4]
    assert stream.opened == ["ethlogs:logs:follower"]
    stream.following.assert_one_chain(2, 3, 4)


def test_the_next_run_resumes_after_the_tip_whatever_its_start_says(stream: Stream) -> None:
    stream.run("first", start="2", blocks=3)
    stream.run("second", start="9", blocks=2)
    assert stream.writer.heights() == [2, 3, 4, 5, 6]
    assert "--start" in stream.notices()


def test_a_later_attempt_whose_blocks_are_all_there_takes_nothing(stream: Stream) -> None:
    stream.run("first", start="2", blocks=3)
    stream.opened.clear()
    stream.run("first", 2, start="2", blocks=3)
    assert (stream.opened, stream.writer.heights()) == ([], [2, 3, 4])
    assert "nothing to do: the stream's tip is block 4 already" in stream.notices()


@pytest.mark.parametrize("commit", [1, 2])
def test_trouble_with_kafka_takes_the_stream_again_and_each_block_is_there_once(
    stream: Stream, commit: int
) -> None:
    stream.before_commit = at(commit, KafkaUnavailableError("the broker is away"))
    journal = stream.run("first", start="2", blocks=5)
    assert len(stream.opened) == 2
    assert stream.claims() == [("first", 1, False)], "a claim that counts is not made again"
    assert stream.writer.heights() == [2, 3, 4, 5, 6]
    assert journal.meter.counters.retries == 1
    stream.following.assert_one_chain(2, 3, 4, 5, 6)


def test_a_run_that_ends_for_the_nodes_sake_releases_the_stream_and_its_next_attempt_has_the_same_blocks(
    stream: Stream,
) -> None:
    stream.before_commit = at(2, NodeError("the node lies"))
    with pytest.raises(NodeError):
        stream.run("first", start="2", blocks=4)
    assert stream.claims() == [("first", 1, False), ("first", 1, True)]
    stream.run("first", 2, start="latest", blocks=4)
    assert stream.claims()[-1] == ("first", 2, False)
    assert stream.writer.heights() == [2, 3, 4, 5]


def test_a_run_that_is_interrupted_keeps_what_it_committed_and_releases_the_stream(stream: Stream) -> None:
    def interrupt(commit: int) -> None:
        if commit == 2:
            stream.stop.request(2, "Ctrl-C")

    stream.before_commit = interrupt
    with pytest.raises(InterruptedRunError):
        stream.run("first", start="2", blocks=20)
    assert stream.claims()[-1] == ("first", 1, True)
    assert stream.writer.heights() == list(range(2, 2 + len(stream.writer.heights())))
    stream.run("second", blocks=1)
    assert "watching" not in stream.notices(), "a stream that was released is free at once"


def test_a_run_that_is_fenced_ends_where_another_one_has_claimed_the_stream(stream: Stream) -> None:
    def take(commit: int) -> None:
        if commit == 2:
            commit_claim(cast(Any, stream.writer), LEDGER, claim_of(5, None))
            raise FencedError("another producer has this transactional id")

    stream.before_commit = take
    with pytest.raises(SupersededError, match="run a-run has taken this stream"):
        stream.run("first", start="2", blocks=4)
    assert stream.claims() == [("first", 1, False), ("a-run", 1, False)]
    assert stream.writer.heights() == []


def test_a_run_that_is_fenced_with_no_other_claim_takes_the_stream_again(stream: Stream) -> None:
    stream.before_commit = at(2, FencedError("an operator has ended the transaction"))
    stream.run("first", start="2", blocks=4)
    assert stream.writer.heights() == [2, 3, 4, 5]


@pytest.mark.parametrize("replace", [False, True])
def test_a_stream_of_a_run_that_is_gone_is_taken_over_watched_first_unless_replaced(
    stream: Stream, replace: bool
) -> None:
    commit_claim(cast(Any, stream.writer), LEDGER, claim_of(2, None))
    stream.run("second", start="2", blocks=2, replace=replace)
    assert stream.writer.heights() == [2, 3]
    assert ("run a-run has this stream" in stream.notices()) is not replace


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (replace(claim_of(0, 1), selection=SELECTION), "this stream selects the contract 0xa1"),
        (replace(claim_of(0, 1), identity=TOPICS.identity(5, "0xgenesis")), "the ledger says 5, now it is 1"),
        (
            replace(claim_of(0, 1), identity=replace(claim_of(0, 1).identity, topic_id="another")),
            "topic id of the event-log topic",
        ),
    ],
    ids=["another selection", "another chain", "a recreated topic"],
)
def test_a_stream_that_was_only_backfilled_is_bound_by_what_its_slots_say(
    stream: Stream, bound: Claim, text: str
) -> None:
    stream.slot = Tail(None, Claimed(bound, 0), 1, stable=True)
    with pytest.raises(SettingsError, match=text):
        stream.run("first", start="2", blocks=1)
    assert (stream.opened, stream.claims()) == ([], [])


def test_a_topic_with_records_and_no_ledger_is_refused_before_anything_is_taken(stream: Stream) -> None:
    stream.writer.event_logs[0].append(Row(0, b"key", b"value"))
    with pytest.raises(LedgerError):
        stream.run("first", start="2", blocks=1)
    assert (stream.opened, stream.claims()) == ([], [])

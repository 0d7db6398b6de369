"""The way of a block through the follower, and what a reorg leaves on Kafka."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, cast

import pytest
from msgspec import structs

from ethlogs.errors import BrokenChainError, KafkaUnavailableError, ReorgError, SettingsError
from ethlogs.follow import batch, pipeline
from ethlogs.follow.held_stream import HeldStream
from ethlogs.ledger import BlockRecord
from ethlogs.node.fetched_block import FetchedBlock
from ethlogs.settings import FollowSettings, RunSettings
from ethlogs.stream.block import PreparedBlock
from ethlogs.stream.prefetch import Prefetcher
from tests.unit.fake_stream import FakeChain, FakeTransaction, claim_of
from tests.unit.following import Following
from tests.unit.samples import BLOCK


@pytest.fixture
def following(monkeypatch: pytest.MonkeyPatch) -> Following:
    return Following(FakeChain(10), monkeypatch)


def test_blocks_behind_the_head_share_a_transaction_and_each_has_its_record(following: Following) -> None:
    following.follow(2, 10)
    assert following.writer.heights() == list(range(2, 11))
    assert following.writer.happened.count("begin") <= 10, "one for the claim, one at least for the blocks"
    following.assert_one_chain(*range(2, 11))


def test_a_run_goes_on_after_the_tip_of_the_run_before(following: Following) -> None:
    following.follow(2, 4)
    following.forget()
    following.follow(5, 8)
    following.assert_one_chain(*range(2, 9))


def test_a_transaction_is_bounded_in_records(following: Following, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_RECORDS", 5)
    following.follow(1, 10)
    commits = following.writer.happened.count("commit")
    assert commits >= 1 + 5, "two blocks of three event logs fill a transaction"
    following.assert_one_chain(*range(1, 11))


def test_an_allowed_gap_shows_in_the_ranges(following: Following) -> None:
    following.follow(1, 2)
    following.follow(6, 7, gap_after=2)
    assert following.writer.tip().ranges == ((1, 2), (6, 7))
    following.assert_one_chain(1, 2, 6, 7)


@pytest.mark.parametrize("remembered", [True, False])
def test_a_reorg_is_one_transaction_read_back_before_it_begins(
    following: Following, remembered: bool
) -> None:
    following.follow(2, 10)
    following.chain.reorg(3, 4, "b")
    if not remembered:
        following.forget()
    following.writer.happened.clear()
    following.follow(11, 11)
    assert following.writer.heights()[9:] == ["10", "9", "8", 7, 8, 9, 10, 11]
    after_claim = following.writer.happened[following.writer.happened.index("commit") + 1 :]
    reading = [] if remembered else ["read back"]
    assert after_claim == [*reading, "begin", "settle", "settle", "commit"]
    following.assert_one_chain(*range(2, 12))
    counters = following.journal.meter.counters
    assert (counters.reorgs, counters.retracted_blocks, counters.retracted_logs) == (1, 3, 9)
    assert counters.read_back_logs == (0 if remembered else 9)


def test_a_reorg_of_a_runs_last_blocks_does_not_wait_for_blocks_that_nobody_wants(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head is above them: a transaction that waited for its blocks would hide the topic for seconds."""

    class Strict(Prefetcher):
        def take(self, timeout_seconds: float) -> PreparedBlock | None:
            assert self._pending or self._next <= self._limit, "a block is waited for that is not wanted"
            return super().take(timeout_seconds)

    monkeypatch.setattr(pipeline, "Prefetcher", Strict)
    following.follow(2, 10)
    following.chain.reorg(3, 9, "b")
    following.follow(11, 11)
    following.assert_one_chain(*range(2, 12))


def test_a_slow_node_does_not_split_a_reorg(following: Following, monkeypatch: pytest.MonkeyPatch) -> None:
    following.follow(2, 10)
    following.chain.reorg(3, 5, "b")
    fetch, looks = following.chain.fetch, threading.Semaphore(0)

    def fetch_late(height: int, *more: Any) -> FetchedBlock:
        if height > 8:
            assert looks.acquire(timeout=30), "the batch waits for the block"
        return fetch(height, *more)

    class Looking(Prefetcher):
        """Says each time that a block was not there when it was looked for."""

        def take(self, timeout_seconds: float) -> PreparedBlock | None:
            block = super().take(timeout_seconds)
            if block is None:
                looks.release()
            return block

    monkeypatch.setattr(following.chain, "fetch", fetch_late)
    monkeypatch.setattr(pipeline, "_TAKE_SECONDS", 0.001)
    monkeypatch.setattr(batch, "MAX_SECONDS", 3600.0)
    monkeypatch.setattr(pipeline, "Prefetcher", Looking)
    following.writer.happened.clear()
    following.follow(11, 12)
    assert following.writer.happened.count("begin") == 2, "one for the claim, one for the whole reorg"
    following.assert_one_chain(*range(2, 13))


def test_a_member_that_lags_while_the_ancestor_is_looked_for_retracts_nothing_that_is_on_the_chain(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block that a node does not have is not one of another branch."""
    following.follow(2, 10)
    following.chain.reorg(1, 2, "b")
    fetch_hash, lagging = following.chain.fetch_hash, [9, 8, 9]

    def fetch_hash_of_a_member(height: int) -> str | None:
        if lagging and lagging[0] == height:
            del lagging[0]
            return None
        return fetch_hash(height)

    monkeypatch.setattr(following.chain, "fetch_hash", fetch_hash_of_a_member)
    following.follow(11, 11)
    assert following.writer.heights()[9:] == ["10", 9, 10, 11]
    following.assert_one_chain(*range(2, 12))


def test_the_ancestors_offsets_reach_to_the_retractions_and_begin_at_its_own_logs(
    following: Following,
) -> None:
    following.follow(2, 10)
    before = next(row.json for row in following.writer.ledger if row.key == b"7")
    following.chain.reorg(3, 4, "b")
    following.follow(11, 11)
    again = [row.json for row in following.writer.ledger if row.key == b"7"][-1]
    for partition, (first, last) in before["offsets"].items():
        assert again["offsets"][partition][0] == first
        assert again["offsets"][partition][1] > last


def test_the_ancestors_offsets_begin_at_the_oldest_orphan_where_it_has_no_own_logs(
    following: Following,
) -> None:
    """Compaction may have taken the record away that led to an earlier reorg's retractions."""
    following.follow(2, 10)
    orphans = [row.json for row in following.writer.ledger if row.key in (b"6", b"7", b"8", b"9", b"10")]
    following.chain.reorg(2, 3, "b")
    following.follow(11, 11)
    following.chain.reorg(6, 8, "c")
    following.follow(12, 12)
    again = [row.json for row in following.writer.ledger if row.key == b"5"][-1]
    for record in orphans:
        for partition, (first, last) in record["offsets"].items():
            assert again["offsets"][partition][0] <= first
            assert again["offsets"][partition][1] > last


def test_a_chain_that_comes_back_to_a_retracted_block_has_it_once(following: Following) -> None:
    following.follow(2, 10)
    first_branch = following.chain.blocks[8:]
    following.chain.reorg(3, 4, "b")
    following.follow(11, 11)
    del following.chain.blocks[8:]
    following.chain.blocks += first_branch
    following.chain.extend(range(11, 14))
    following.forget()
    following.follow(12, 13)
    following.assert_one_chain(*range(2, 14))
    following.chain.reorg(6, 8, "c")
    following.forget()
    following.follow(14, 14)
    following.assert_one_chain(*range(2, 15))


def test_a_stream_whose_every_block_is_orphaned_begins_again_at_its_first(following: Following) -> None:
    following.follow(9, 10)
    following.chain.reorg(4, 6, "b")
    following.follow(11, 11)
    assert following.writer.heights() == [9, 10, "10", "9", 9, 10, 11]
    following.assert_one_chain(9, 10, 11)


def test_the_first_block_after_a_gap_is_replaced_and_the_gap_stays(following: Following) -> None:
    following.follow(2, 3)
    following.follow(10, 10, gap_after=3)
    following.chain.reorg(1, 2, "b")
    following.follow(11, 11)
    following.assert_one_chain(2, 3, 10, 11)


def test_a_reorg_deeper_than_the_window_is_refused_and_retracted_in_pieces_with_consent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chain = FakeChain(10)
    following = Following(chain, monkeypatch, reorg_window=3)
    following.follow(2, 10)
    chain.reorg(7, 8, "b")
    with pytest.raises(ReorgError, match="blocks 7 to 10"):
        following.follow(11, 11)
    following.settings = RunSettings(
        "a-run", "produce", following.settings.node, following.settings.kafka,
        follow=FollowSettings(reorg_window=3, rewind=True),
    )  # fmt: skip
    following.forget()
    following.follow(11, 11)
    assert following.writer.heights()[9:] == [
        *("10", "9", "8", 7, "7", "6", "5", 4),
        *("4", 3, 4, 5, 6, 7, 8, 9, 10, 11),
    ]
    following.assert_one_chain(*range(2, 12))


def test_a_first_block_that_is_no_child_of_what_a_backfill_has_by_now_is_not_committed(
    following: Following,
) -> None:
    """The backfill had nothing there when the follower claimed the stream."""
    below = structs.replace(BLOCK, block_number=4, block_hash="0xother")
    with pytest.raises(BrokenChainError, match="backfilled block 4 is 0xother; nothing was committed"):
        following.follow(5, 8, find_backfilled={4: below}.get)
    assert following.writer.heights() == []


def test_a_follower_sees_a_backfill_that_commits_the_block_below_in_the_same_moment(
    following: Following,
) -> None:
    below = structs.replace(BLOCK, block_number=4, block_hash="0xother")

    def find(height: int) -> BlockRecord | None:
        return below if height == 4 and following.writer.heights() else None

    with pytest.raises(BrokenChainError, match="backfilled block 4 is 0xother; both are committed"):
        following.follow(5, 8, find_backfilled=find)


def test_history_is_looked_at_only_for_a_block_that_does_not_follow_the_streams_own_tip(
    following: Following,
) -> None:
    asked: list[int] = []

    def find(height: int) -> BlockRecord | None:
        asked.append(height)
        return None

    following.follow(2, 4, find_backfilled=find)
    following.forget()
    following.follow(5, 8, find_backfilled=find)
    following.forget()
    following.follow(10, 10, gap_after=8, find_backfilled=find)
    assert asked == [1, 1, 9, 9]


@pytest.mark.parametrize("topic", ["logs", "logs.ledger"])
def test_a_topic_that_was_recreated_gets_no_commit(following: Following, topic: str) -> None:
    following.follow(2, 8)
    stream = HeldStream(cast(Any, following.writer), claim_of(9, 10), 9, following.tip)
    following.writer.recreate(topic)
    following.writer.happened.clear()
    with pytest.raises(SettingsError, match=f"of {topic} fell from"):
        following.pipeline.follow(stream)
    assert "commit" not in following.writer.happened


def test_event_logs_that_no_root_commits_to_are_counted_in_ledger_and_run(following: Following) -> None:
    for height, count in ((3, 2), (4, 5)):
        block = following.chain.blocks[height]
        following.chain.blocks[height] = replace(block, unproven_logs=count)
    following.follow(2, 4)
    records = [row.json for row in following.writer.ledger]
    assert [(row["logs"], row["unprovenLogs"]) for row in records] == [(3, 0), (3, 2), (3, 5)]
    assert [row["streamUnprovenLogs"] for row in records] == [0, 2, 7]
    assert following.journal.counts().unproven_logs == 7
    following.assert_one_chain(2, 3, 4)


def test_what_was_left_out_of_an_orphaned_block_is_not_in_the_streams_count(following: Following) -> None:
    following.chain.blocks[10] = replace(following.chain.blocks[10], unproven_logs=5)
    following.follow(9, 10)
    following.chain.reorg(1, 2, "b")
    following.follow(11, 11)
    assert following.writer.tip().stream_unproven_logs == 0
    assert following.journal.counts().unproven_logs == 5, "of all that was committed"


def test_blocks_of_a_commit_without_an_answer_are_counted_by_their_own_proofs(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    following.pipeline.look_at_tip(None)
    blocks = following.chain.blocks
    blocks[3] = replace(blocks[3], proof="block", unproven_logs=2)
    commit = FakeTransaction.commit

    def commit_and_lose_the_answer(transaction: FakeTransaction) -> None:
        commit(transaction)
        if any(row.key == b"4" for row in following.writer.ledger):
            raise KafkaUnavailableError("the answer is lost")

    monkeypatch.setattr(FakeTransaction, "commit", commit_and_lose_the_answer)
    with pytest.raises(KafkaUnavailableError, match="the answer is lost"):
        following.follow(2, 4)
    following.pipeline.look_at_tip(following.writer.tip())
    counters = following.journal.meter.counters
    assert (counters.blocks, counters.logs, counters.unproven_logs) == (3, 9, 2)
    assert counters.proofs == {"receipts": 2, "block": 1}

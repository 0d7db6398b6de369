"""What a backfill has done, by the counts at the ends of the slots."""

from __future__ import annotations

from msgspec.structs import replace

from ethlogs.backfill.plan import LedgerEnds
from ethlogs.backfill.progress import BackfillProgress
from ethlogs.journal import Journal
from ethlogs.stream.tail import Tail
from tests.harness.backfilling import ThreadCluster
from tests.unit.samples import BLOCK, EMPTY_TAIL, TAIL


def ends(held: int, logs: int) -> LedgerEnds:
    """One slot that holds so many heights from 0 on."""
    if not held:
        return LedgerEnds({0: EMPTY_TAIL, 1: EMPTY_TAIL})
    tip = replace(BLOCK, block_number=held - 1, ranges=((0, held - 1),), stream_blocks=held, stream_logs=logs)
    return LedgerEnds({0: EMPTY_TAIL, 1: Tail(tip, TAIL.newest, 10, stable=True)})


def test_only_what_was_committed_since_the_attempt_began_counts() -> None:
    journal = Journal("a-run", 1, lambda _snapshot: None)
    progress = BackfillProgress(journal, ThreadCluster())
    progress.begin(0, 9, ends(4, 40))
    now = ends(7, 75)
    progress.look(now, now.gaps(((0, 9),)))
    progress.look(now, now.gaps(((0, 9),)))
    snapshot = journal.snapshot()
    assert (snapshot["blocks"], snapshot["logs"], snapshot["missingBlocks"]) == (3, 35, 3)
    assert snapshot["executors"] == 1
    assert journal.meter.counters.proofs == {"receipts": 3}


def test_what_every_task_says_is_said_once() -> None:
    journal = Journal("a-run", 1, lambda _snapshot: None)
    progress = BackfillProgress(journal, ThreadCluster())
    for _ in range(3):
        progress.notify_once("the node has no debug methods")
    assert [notice["text"] for notice in journal.snapshot()["notices"]] == ["the node has no debug methods"]

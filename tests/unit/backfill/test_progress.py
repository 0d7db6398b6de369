"""What a backfill has done, by the counts at the ends of the slots."""

from __future__ import annotations

import time
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from ethlogs.backfill.plan import LedgerEnds
from ethlogs.backfill.progress import BackfillProgress
from ethlogs.errors import KafkaUnavailableError
from ethlogs.run.journal import Journal
from ethlogs.stream.tail import Tail
from tests.harness.backfilling import ThreadCluster
from tests.unit.samples import BLOCK, EMPTY_TAIL, TAIL


def ends(held: int, logs: int, unproven_logs: int = 0) -> LedgerEnds:
    """One slot that holds so many heights from 0 on."""
    if not held:
        return LedgerEnds({0: EMPTY_TAIL, 1: EMPTY_TAIL})
    tip = replace(BLOCK, block_number=held - 1, ranges=((0, held - 1),), stream_blocks=held, stream_logs=logs)
    tip = replace(tip, stream_unproven_logs=unproven_logs)
    return LedgerEnds({0: EMPTY_TAIL, 1: Tail(tip, TAIL.newest, held, stable=True)})


class Reader:
    """A ledger whose slot has a block at each offset, every fourth one of them proven by its bytes."""

    def __init__(self, *reads: LedgerEnds | KafkaUnavailableError) -> None:
        self._reads = iter(reads)

    def read(self) -> LedgerEnds:
        found = next(self._reads)
        if isinstance(found, KafkaUnavailableError):
            raise found
        return found

    def count_proofs(self, parts: dict[int, tuple[int, int]]) -> dict[int, Counter[str]]:
        return {
            number: Counter("receipts" if offset % 4 else "block" for offset in range(*part))
            for number, part in parts.items()
        }


def progress_of(journal: Journal, *reads: LedgerEnds | KafkaUnavailableError) -> BackfillProgress:
    return BackfillProgress(journal, ThreadCluster(), cast(Any, Reader(*reads)))


def test_only_what_was_committed_since_the_attempt_began_counts() -> None:
    journal = Journal("a-run", 1, lambda _snapshot: None)
    progress = progress_of(journal)
    progress.begin(0, 9, ends(4, 40))
    now = ends(7, 75)
    progress.look(now, now.gaps(((0, 9),)))
    progress.look(now, now.gaps(((0, 9),)))
    snapshot = journal.snapshot()
    assert (snapshot["blocks"], snapshot["logs"], snapshot["missingBlocks"]) == (3, 35, 3)
    assert snapshot["executors"] == 1
    assert journal.meter.counters.proofs == {"block": 1, "receipts": 2}


def test_event_logs_that_no_root_commits_to_are_counted() -> None:
    journal = Journal("a-run", 1, lambda _snapshot: None)
    progress = progress_of(journal)
    progress.begin(0, 9, ends(4, 40, 3))
    now = ends(7, 75, 8)
    progress.look(now, now.gaps(((0, 9),)))
    assert journal.meter.counters.unproven_logs == 5


def test_what_was_committed_up_to_the_end_counts_where_kafka_says_it() -> None:
    journal = Journal("a-run", 1, lambda _snapshot: None)
    progress = progress_of(journal, ends(6, 65), KafkaUnavailableError("Kafka is away"))
    progress.begin(0, 9, ends(4, 40))
    progress.count_last()
    progress.count_last()
    snapshot = journal.snapshot()
    assert (snapshot["blocks"], snapshot["logs"], snapshot["missingBlocks"]) == (2, 25, 4)


def test_what_every_task_says_is_said_once() -> None:
    journal = Journal("a-run", 1, lambda _snapshot: None)
    progress = progress_of(journal)
    for _ in range(3):
        progress.notify_once("the node has no debug methods")
    assert [notice["text"] for notice in journal.snapshot()["notices"]] == ["the node has no debug methods"]


def test_tasks_that_wait_for_an_executor_for_a_minute_are_explained_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter((0.0, 59.0, 61.0, 62.0))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    cluster = ThreadCluster()
    monkeypatch.setattr(cluster, "executors", lambda: 0)
    notices: list[str] = []
    journal = cast(Any, SimpleNamespace(watch=lambda *_: None, notify=notices.append))
    progress = BackfillProgress(journal, cluster, cast(Any, None))
    journal.executors, told = 0, []
    for _ in range(3):
        progress._watch_executors()
        told.append(len(notices))
    assert told == [0, 1, 1]
    assert notices[0].startswith("no executor for 60 seconds")

"""``ethlogs backfill`` as it is called."""

from __future__ import annotations

from ethlogs.cli.display import _blocks, _rest
from tests.unit.cli.calls import KAFKA, NODE, Call


def test_a_topic_is_created_only_with_a_number_of_partitions(call: Call) -> None:
    outcome = call("backfill", *NODE, *KAFKA, "--create-topics")
    assert outcome.status == 2
    assert "--create-topics needs --partitions here" in outcome.stderr


def test_a_range_that_ends_before_it_begins_is_refused(call: Call) -> None:
    outcome = call("backfill", *NODE, *KAFKA, "--from", "9", "--to", "8")
    assert outcome.status == 2
    assert "--to is below --from" in outcome.stderr


def test_progress_says_what_is_done_who_works_and_how_long_it_takes() -> None:
    progress = {
        "firstBlock": 0, "lastBlock": 99, "tip": None, "head": 120, "blocks": 25, "missingBlocks": 75,
        "logs": 1_000, "logsPerSecond": 100.0, "seconds": 10.0, "executors": 2,
    }  # fmt: skip
    assert _blocks(progress) == "25 of 100 blocks"
    assert _rest(progress) == "1,000 event logs · 100/s · 2 executors · about 0:00:30 left"

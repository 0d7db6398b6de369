"""What a run says about itself, while it continues and at its end."""

from __future__ import annotations

import dataclasses
import itertools
import json
import threading
from typing import Any

import pytest
from msgspec.structs import replace

from ethlogs.cancellation import StopSwitch
from ethlogs.driver.jobs import ProduceJob
from ethlogs.errors import (
    EthlogsError,
    HadoopError,
    HadoopUnavailableError,
    InterruptedRunError,
    KerberosError,
    NodeError,
    NotAuthorizedError,
    ReorgError,
    SettingsError,
    SupersededError,
)
from ethlogs.run import report as report_module
from ethlogs.run.context import RunContext
from ethlogs.run.journal import Journal
from ethlogs.run.recent import Latency
from ethlogs.run.report import Meter, format_report
from ethlogs.run.waiting import Waiting
from ethlogs.settings import KafkaSettings, NodeSettings, RangeSettings, RunSettings
from tests.harness.running import wait_until
from tests.unit.samples import BLOCK

SETTINGS = RunSettings("a-run", "produce", NodeSettings(("http://geth",)), KafkaSettings("kafka:9092"))


class Asked:
    """Something that was asked again."""

    def __init__(self, retries: int) -> None:
        self.retries = retries


def make_journal(snapshots: list[dict[str, Any]] | None = None) -> Journal:
    kept: list[dict[str, Any]] = [] if snapshots is None else snapshots
    return Journal("a-run", 2, kept.append)


def worked_journal() -> Journal:
    journal = make_journal()
    journal.chain_id = 1
    journal.begin(100, 101, None, 200)
    journal.meter.count_block(100, "0xb1", 5, proof="receipts")
    journal.meter.count_block(101, "0xb2", 7, proof="receipts+unchecked")
    return journal


def report_of(journal: Journal, error: EthlogsError | None = None) -> dict[str, Any]:
    return ProduceJob(RunContext(SETTINGS, 2, StopSwitch(), journal)).report(error)


def test_a_snapshot_before_the_first_block_is_empty() -> None:
    snapshot = make_journal().snapshot()
    assert snapshot.pop("at") > 0
    assert snapshot.pop("startedAt") > 0
    assert snapshot.pop("seconds") >= 0
    assert [sample["blocks"] for sample in snapshot.pop("history")] == [0]
    assert snapshot == {
        "run": "a-run",
        "attempt": 2,
        "firstBlock": None,
        "lastBlock": None,
        "head": None,
        "tip": None,
        "blocks": 0,
        "logs": 0,
        "unprovenLogs": 0,
        "reorgs": 0,
        "deepestReorg": 0,
        "retractedBlocks": 0,
        "retractedLogs": 0,
        "readBackLogs": 0,
        "logsPerSecond": 0.0,
        "retries": 0,
        "recent": {
            "seconds": 0.0,
            "blocks": 0,
            "logs": 0,
            "blocksPerSecond": 0.0,
            "logsPerSecond": 0.0,
            "latencyMs": None,
        },
        "missingBlocks": None,
        "executors": None,
        "metricsUrl": None,
        "ledgerEnd": None,
        "waiting": None,
        "slotEnds": None,
        "notices": [],
    }


def test_a_snapshot_says_how_far_the_run_is() -> None:
    snapshot = worked_journal().snapshot()
    assert {key: snapshot[key] for key in ("firstBlock", "lastBlock", "head", "tip", "blocks", "logs")} == {
        "firstBlock": 100,
        "lastBlock": 101,
        "head": 200,
        "tip": 101,
        "blocks": 2,
        "logs": 12,
    }
    assert snapshot["logsPerSecond"] > 0
    assert (snapshot["recent"]["blocks"], snapshot["recent"]["logs"]) == (2, 12)


def test_a_snapshot_has_the_latency_of_the_blocks_at_the_head() -> None:
    journal = worked_journal()
    journal.meter.count_latency(0.25)
    assert journal.snapshot()["recent"]["latencyMs"] == {"p50": 250.0, "p99": 250.0, "blocks": 1}


def test_before_its_first_block_a_run_stands_at_the_tip_of_the_ledger() -> None:
    journal = make_journal()
    journal.tip = BLOCK
    journal.begin(100, 119, BLOCK, None)
    snapshot = journal.snapshot()
    assert (snapshot["tip"], snapshot["head"], snapshot["history"][-1]["lag"]) == (100, None, None)
    journal.meter.count_block(101, "0xb2", 7, proof="receipts")
    assert journal.snapshot()["tip"] == 101


def test_a_snapshot_says_what_the_run_has_waited_for_the_longest() -> None:
    journal = make_journal()
    waits = [Waiting("Kafka is away", 2000.0, 2300.0), None, Waiting("the node is away", 1000.0, 1300.0)]
    for waiting in waits:
        journal.watch_waits(itertools.repeat(waiting).__next__)
    assert journal.snapshot()["waiting"] == {"why": "the node is away", "since": 1000.0, "until": 1300.0}


def test_a_later_attempt_of_a_run_that_has_read_its_ledger_has_begun() -> None:
    snapshots: list[dict[str, Any]] = []
    first = make_journal(snapshots)
    assert not first.has_begun
    first.keep_ledger_end(7)
    assert Journal("a-run", 2, snapshots.append, earlier=snapshots[-1]).has_begun


def test_notices_are_numbered_and_the_oldest_are_forgotten() -> None:
    journal = make_journal()
    for number in range(1, 121):
        journal.notify(f"notice {number}")
    assert journal.snapshot()["notices"] == [
        {"number": number, "text": f"notice {number}"} for number in range(71, 121)
    ]


@pytest.mark.parametrize(
    ("last", "tip", "head", "text"),
    [
        (None, None, 200, "starting at block 100, no end set; the head is block 200"),
        (100, None, 200, "starting at block 100 (1 block, up to 100); the head is block 200"),
        (
            5099,
            None,
            100,
            "starting at block 100 (5,000 blocks, up to 5099); the head is block 100",
        ),
        (
            119,
            replace(BLOCK, block_number=89),
            200,
            "starting at block 100 after tip 89 (20 blocks, up to 119);"
            " --allow-gap leaves out blocks 90 to 99",
        ),
        (
            119,
            BLOCK,
            200,
            "resuming at block 101 after tip 100 (20 blocks, up to 119); 100 blocks behind the head",
        ),
        (
            119,
            BLOCK,
            None,
            "resuming at block 101 after tip 100 (20 blocks, up to 119)",
        ),
        (
            None,
            replace(BLOCK, block_number=99),
            98,
            "resuming at block 100 after tip 99, no end set; 0 blocks behind the head",
        ),
    ],
)
def test_the_first_notice_says_where_the_run_starts(last: Any, tip: Any, head: int | None, text: str) -> None:
    journal = make_journal()
    journal.begin(100, last, tip, head)
    journal.begin(100, last, tip, head)
    assert [notice["text"] for notice in journal.snapshot()["notices"]] == [text]


@pytest.mark.parametrize("last", [100, 1])
def test_a_run_that_has_nothing_to_do_goes_on_nowhere(last: int) -> None:
    journal = make_journal()
    journal.begin(101, last, BLOCK, 200)
    assert journal.snapshot()["notices"] == []
    assert journal.last_block == last


def test_where_the_ledger_ended_at_the_first_look_is_kept_for_later_attempts() -> None:
    snapshots: list[dict[str, Any]] = []
    first = make_journal(snapshots)
    assert [first.keep_ledger_end(7), first.keep_ledger_end(9)] == [7, 7]
    second = Journal("a-run", 2, snapshots.append, earlier=snapshots[-1])
    assert second.keep_ledger_end(11) == 7


def test_retries_of_all_who_ask_are_counted_together() -> None:
    journal = make_journal()
    journal.watch(Asked(2))
    journal.watch(Asked(3))
    journal.meter.counters.retries += 1
    assert journal.retries == 6


def test_the_last_snapshot_is_written_at_the_end() -> None:
    snapshots: list[dict[str, Any]] = []
    journal = make_journal(snapshots)
    journal.start()
    journal.notify("the end")
    journal.close()
    assert snapshots[-1]["notices"] == [{"number": 1, "text": "the end"}]


def test_a_run_that_cannot_leave_word_for_later_attempts_does_not_begin() -> None:
    """A later attempt would not know that a claim is newer than its own, and would take the stream back."""

    def fail(_snapshot: dict[str, Any]) -> None:
        raise HadoopError("the NameNode is gone")

    with pytest.raises(HadoopError, match="the NameNode is gone"):
        Journal("a-run", 1, fail).keep_ledger_end(7)


def test_a_disk_that_is_full_does_not_end_the_run() -> None:
    def write(_snapshot: dict[str, Any]) -> None:
        raise SettingsError("no space left")

    journal = Journal("a-run", 1, write)
    journal.start()
    journal.close()


@pytest.mark.parametrize(
    ("milliseconds", "p50", "p99"),
    [
        ([7], 7, 7),
        ([1, 3], 2, 3),
        (range(1, 101), 50.5, 99),
        (range(100, 0, -1), 50.5, 99),
        (range(1, 1001), 500.5, 990),
        ([1] * 98 + [500, 900], 1, 500),
    ],
)
def test_latencies_are_told_as_median_and_99th_percentile(milliseconds: Any, p50: float, p99: float) -> None:
    meter = Meter()
    for value in milliseconds:
        meter.count_latency(value / 1000)
    assert meter.latency_ms() == Latency(p50, p99, len(milliseconds))


def test_without_a_block_at_the_head_there_is_no_latency() -> None:
    assert Meter().latency_ms() is None


def test_latencies_are_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module, "_MAX_SAMPLES", 3)
    meter = Meter()
    for _ in range(5):
        meter.count_latency(0.001)
    assert meter.latency_ms() == Latency(1.0, 1.0, 3)


def test_without_work_there_is_no_rate() -> None:
    meter = Meter()
    assert meter.logs_per_second() == 0.0
    meter.begin_work()
    assert meter.logs_per_second() == 0.0


def test_the_report_of_a_run_that_is_done() -> None:
    found = report_of(worked_journal())
    assert found.pop("seconds") >= 0
    assert found.pop("logsPerSecond") > 0
    assert found == {
        "exitStatus": 0,
        "error": None,
        "hint": None,
        "run": "a-run",
        "attempt": 2,
        "chainId": 1,
        "topic": "eth_eventlogs",
        "ledgerTopic": "eth_eventlogs.ledger",
        "proofs": {"receipts": 1, "receipts+unchecked": 1},
        "range": {"first": 100, "last": 101},
        "firstBlock": 100,
        "lastBlock": 101,
        "blocks": 2,
        "logs": 12,
        "tip": {"number": 101, "hash": "0xb2"},
        "unprovenLogs": 0,
        "reorgs": 0,
        "deepestReorg": 0,
        "retractedBlocks": 0,
        "retractedLogs": 0,
        "readBackLogs": 0,
        "retries": 0,
        "latencyMs": None,
    }


def test_the_report_of_a_run_that_failed_says_why_and_what_to_do() -> None:
    found = report_of(make_journal(), ReorgError("the chain was reorganized", hint="begin again"))
    assert (found["exitStatus"], found["error"], found["hint"]) == (
        6,
        "the chain was reorganized",
        "begin again",
    )
    assert (found["range"], found["firstBlock"], found["tip"]) == (None, None, None)


def test_the_report_for_a_person() -> None:
    found = {**report_of(worked_journal()), "seconds": 2.04, "logsPerSecond": 12345.6, "logs": 24691}
    found["latencyMs"] = {"p50": 12.5, "p99": 80.0, "blocks": 2}
    assert format_report(found).splitlines() == [
        "run             a-run",
        "blocks          2: 100 to 101",
        "event logs      24,691 (12,346/s)",
        "proven by       receipts (1 block), receipts+unchecked (1 block)",
        "tip             block 101, 0xb2",
        "on Kafka        eth_eventlogs, ledger eth_eventlogs.ledger",
        "latency         p50 12.5 ms, p99 80.0 ms, node to committed, 2 blocks",
        "reorgs          none",
        "retries         0",
        "seconds         2.0",
        "exit status     0 (done)",
    ]


def test_what_was_retracted_is_not_counted_as_produced() -> None:
    journal = worked_journal()
    journal.meter.count_reorg(3, 1, 5, whole=False)
    journal.meter.count_reorg(2, 1, 4, whole=True)
    found = report_of(journal)
    assert (found["blocks"], found["logs"]) == (0, 3)
    assert (found["reorgs"], found["deepestReorg"]) == (1, 3)
    assert (found["retractedBlocks"], found["retractedLogs"]) == (2, 9)
    assert (
        "reorgs          1, at most 3 deep: 2 blocks with 9 event logs retracted, 0 of these read back from"
        " Kafka\n" in format_report(found)
    )


def test_the_report_of_a_backfill_says_how_many_blocks_of_its_range_it_filled() -> None:
    journal = make_journal()
    journal.begin_backfill(0, 70, 51)
    journal.meter.count_backfilled(51, 18_870, proofs={"block": 51})
    assert "blocks          51 of 0 to 70\n" in format_report(report_of(journal))


def test_a_run_that_failed_before_it_had_the_stream_prints_no_table() -> None:
    text = format_report(report_of(make_journal(), ReorgError("why")))
    assert text == "run             a-run\nexit status     6 (node)"


def test_the_report_for_a_person_of_a_run_without_blocks() -> None:
    journal = make_journal()
    journal.begin(100, 101, None, 200)
    rows = format_report(report_of(journal, ReorgError("why"))).splitlines()
    names = [row[:16].rstrip() for row in rows]
    assert names == ["run", "blocks", "on Kafka", "retries", "seconds", "exit status"]
    assert rows[1] == "blocks          none"
    assert rows[-1] == "exit status     6 (node)"


def test_the_report_for_a_person_of_blocks_that_were_not_at_the_head_has_no_latency() -> None:
    journal = make_journal()
    journal.begin(100, 101, None, 200)
    journal.meter.count_block(100, "0xb1", 5, proof="receipts")
    text = format_report(report_of(journal))
    assert "latency         not measured: no block was produced at the head\n" in text


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (
            InterruptedRunError("interrupted by SIGINT"),
            "what was committed stays; run the command again: --to 119 instead of --blocks 20 produces the"
            " rest of this run's blocks",
        ),
        (
            NodeError("the node is gone", hint="is it running?"),
            "is it running?; then --to 119 instead of --blocks 20 produces the rest of this run's blocks",
        ),
        (SupersededError("another run has it", hint="leave it"), "leave it"),
    ],
)
def test_a_run_that_is_broken_off_names_the_rest_of_its_blocks(error: EthlogsError, hint: str) -> None:
    journal = make_journal()
    journal.begin(100, 119, None, 200)
    settings = dataclasses.replace(SETTINGS, range=RangeSettings(blocks=20))
    assert ProduceJob(RunContext(settings, 2, StopSwitch(), journal)).report(error)["hint"] == hint


REFUSALS = [
    HadoopUnavailableError("the NameNode is in safe mode"),
    KerberosError("GSS initiate failed"),
    NotAuthorizedError("permission denied"),
    SettingsError("no space left"),
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_no_refusal_of_the_folder_ends_the_thread_that_writes_progress(refusal: EthlogsError) -> None:
    written: list[dict[str, Any]] = []
    refused = threading.Event()

    def write(snapshot: dict[str, Any]) -> None:
        if not refused.is_set():
            refused.set()
            raise refusal
        written.append(snapshot)

    journal = Journal("a-run", 1, write, write_seconds=0.001)
    journal.start()
    assert refused.wait(30)
    wait_until(lambda: written, "a later snapshot is written")
    journal.close()


def test_a_run_waits_until_its_folder_takes_word_for_later_attempts() -> None:
    answers = [REFUSALS[0], REFUSALS[1], None]

    def write(_snapshot: dict[str, Any]) -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    assert Journal("a-run", 1, write).keep_ledger_end(7, 300.0, lambda _seconds: None) == 7
    assert answers == []


def test_a_later_attempt_knows_when_the_run_began() -> None:
    first = make_journal()
    assert Journal("a-run", 2, lambda _snapshot: None, first.snapshot()).snapshot()["startedAt"] == round(
        first.started_at, 3
    )


def test_what_was_left_out_of_blocks_is_in_the_report_only_where_something_was() -> None:
    journal = worked_journal()
    assert "left out" not in format_report(report_of(journal))
    journal.meter.count_block(102, "0xb3", 4, proof="receipts", unproven_logs=1_250)
    found = report_of(journal)
    assert (found["logs"], found["unprovenLogs"]) == (16, 1_250)
    assert "/s), 1,250 more left out: no root of their block commits to them\n" in format_report(found)


def test_where_the_slots_ended_at_the_first_look_of_a_backfill_is_kept_for_later_attempts() -> None:
    snapshots: list[dict[str, Any]] = []
    first = Journal("a-run", 1, snapshots.append)
    assert first.keep_slot_ends({1: 7}, 0.0, lambda _seconds: None) == {1: 7}
    assert first.keep_slot_ends({1: 9}, 0.0, lambda _seconds: None) == {1: 7}
    second = Journal("a-run", 2, snapshots.append, json.loads(json.dumps(snapshots[-1])))
    assert second.keep_slot_ends({1: 11}, 0.0, lambda _seconds: None) == {1: 7}

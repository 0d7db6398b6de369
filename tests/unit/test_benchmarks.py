"""What the benchmarks reach into is still there."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from kafka import TopicPartition
from kafka.admin import TransactionDescription, TransactionState

from benchmarks import content_bench, exporter, processes, sizing, steps, tables
from benchmarks.backfill import Cost, compute_rate, compute_slope
from benchmarks.contest import (
    BROKER,
    DRIVER,
    MACHINE,
    NODE,
    SPARK,
    Look,
    Outcome,
    build_rows,
    name_limit,
    summarize,
)
from benchmarks.killing import ExecutorKiller, describe_kills, follow_to_end
from benchmarks.ledger_watch import Recorded
from benchmarks.parts import PARTS
from benchmarks.run import parse_arguments
from tests.harness.executors import Executor

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


def test_every_step_that_is_timed_is_a_function_of_the_product() -> None:
    with steps.stopwatches(steps.Stopwatch()):
        pass


def test_the_sizing_of_the_documents_is_what_the_script_computes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "backfill.md").read_text()
    _, table, _ = re.split("<!-- /?sizing -->", page)
    assert table.strip() == sizing.format_sizing(sizing.Figures())


def test_more_cores_than_slots_do_not_make_history_faster() -> None:
    figures = sizing.Figures()
    half, full, more = (sizing.compute_need(figures, cores) for cores in (16, 32, 64))
    assert half.hours == 2 * full.hours
    assert more.hours == full.hours


def test_selection_and_decoding_are_measured_for_all_a_hundredth_and_none_of_a_block(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(content_bench, "ROUNDS", 1)
    content_bench.main()
    out = capsys.readouterr().out
    rows = [line.strip("| ").split(" | ") for line in out.splitlines() if line.startswith("| ")]
    records = {row[0]: row[1] for row in rows}
    assert records[content_bench.PLAIN] == records[content_bench.DECODED] == "520"
    assert records["one contract selected, 1% of the event logs"] == "5"
    assert records["none selected"] == "0"
    assert float(records["15753009"].rstrip("%")) == 50
    assert out.count("Aim: ") == 2


def test_the_cpu_time_of_a_command_is_that_of_all_its_processes() -> None:
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
    busy = "import time\nwhile time.process_time() < 0.5: pass"
    with subprocess.Popen([sys.executable, "-c", program, busy]) as process:
        meter = processes.Meter(process.pid)
        while process.poll() is None:
            meter.sample()
    assert meter.seconds >= 0.4


def look(at: float, records: int, driver: float) -> Look:
    services = {NODE: 2.0 * at, BROKER: 0.1 * at, SPARK: 0.0, MACHINE: 1.5 * at}
    return Look(at, records, {DRIVER: driver, **services})


def test_a_program_is_measured_from_its_first_records_to_its_last_but_one_look() -> None:
    looks = [
        look(0, 0, 0),
        look(1, 0, 5),
        look(2, 100, 6),
        look(3, 600, 7),
        look(4, 1000, 8),
        look(9, 1000, 9),
    ]
    outcome = summarize(looks, began=-1.0, logs=1000, peak_bytes=1)
    assert (outcome.logs, outcome.seconds, outcome.whole_seconds) == (500, 1.0, 5.0)
    assert outcome.microseconds(DRIVER) == pytest.approx(2_000)


def test_the_markers_of_transactions_do_not_count_as_event_logs() -> None:
    looks = [look(0, 0, 0), look(1, 102, 1), look(2, 204, 2), look(3, 306, 3)]
    assert summarize(looks, 0.0, logs=300, peak_bytes=1).logs == 100


@pytest.mark.parametrize(
    ("used", "limit"),
    [
        ({DRIVER: 1.0, NODE: 0.8, BROKER: 0.1, MACHINE: 1.95}, "all 2 cores"),
        ({DRIVER: 0.95, NODE: 0.3, BROKER: 0.1, MACHINE: 1.4}, "one core, the driver's"),
        ({DRIVER: 0.4, NODE: 0.9, BROKER: 0.1, MACHINE: 1.5}, "waiting for the node"),
        ({DRIVER: 0.4, NODE: 0.2, BROKER: 0.5, MACHINE: 1.2}, "waiting for the broker"),
    ],
)
def test_what_ended_a_program_follows_from_who_kept_cores_busy(used: dict[str, float], limit: str) -> None:
    assert name_limit(Outcome(1, 1.0, used, 1.0, 0), cores=2).startswith(limit)


def test_a_program_that_cannot_be_installed_has_a_row_that_says_why() -> None:
    used = dict.fromkeys((DRIVER, SPARK, NODE, BROKER, MACHINE), 1.0)
    rows = build_rows({"ours": [Outcome(100, 1.0, used, 1.0, 0)], "other": "it needs npm"}, "ours")
    assert rows[1][:2] == ["other", "left out: it needs npm"]
    assert len(rows[0]) == len(rows[1])


def test_the_scaling_counts_the_time_in_which_all_executors_work() -> None:
    first = [Recorded(height, 1, at) for height, at in ((1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0))]
    second = [Recorded(height, 2, at) for height, at in ((5, 2.0), (6, 3.0), (7, 9.0))]
    assert compute_rate([*first, *second], executors=2) == pytest.approx(3 / 2)


def described(state: str, started_ms: int = 5) -> TransactionDescription:
    """A slot's transaction, as its coordinator has it."""
    return TransactionDescription(1, TransactionState(state), 7, 0, 15_000, started_ms, set())


@pytest.mark.parametrize(
    ("states", "is_inside"),
    [
        ([described("Ongoing"), described("CompleteAbort")], True),
        ([described("Ongoing"), described("PrepareEpochFence")], True),
        ([described("Ongoing"), described("Ongoing", started_ms=9)], True),
        ([described("Ongoing"), described("CompleteCommit")], False),
        ([described("CompleteCommit")], False),
        ([described("CompleteAbort")], False),
    ],
    ids=[
        "aborted",
        "fenced",
        "followed by the next",
        "committed later",
        "committed before",
        "aborted before",
    ],
)
def test_a_kill_was_inside_a_transaction_that_stood_open_behind_it_and_was_never_committed(
    states: list[TransactionDescription], is_inside: bool
) -> None:
    looks = iter(states)
    kill = follow_to_end(lambda: {"slot": next(looks)}, "slot", described("Ongoing"))
    assert kill.is_inside == is_inside


def test_the_killer_ends_when_so_many_kills_were_inside_and_says_so() -> None:
    states = itertools.cycle(map(described, ("Ongoing", "CompleteCommit", "Ongoing", "Ongoing", "Empty")))
    shown = described("Ongoing")._replace(topic_partitions={TopicPartition("logs", 0)})

    def describe() -> dict[str, TransactionDescription]:
        state = next(states)
        return {"slot": shown if state.state == "Ongoing" else state}

    with subprocess.Popen(["sleep", "60"]) as executor:
        found = [Executor(executor.pid, ())]
        with ExecutorKiller(describe, lambda: found, wanted=2, pause_seconds=0.0) as killer:
            killer.wait()
    assert executor.returncode == -signal.SIGKILL
    assert len(killer.inside) == 2 < len(killer.kills)
    assert describe_kills(killer.kills).startswith(f"Of {len(killer.kills)} kills (SIGKILL) 2 were inside")


def test_what_a_longer_range_costs_more_is_that_of_the_medians_whatever_start_up_cost_once() -> None:
    def cost(python: float, jvm: float) -> Cost:
        return Cost(python, jvm, worker_bytes=int(python))

    short = [cost(3, 10), cost(2, 9), cost(30, 25)]
    long = [cost(12, 11), cost(50, 9), cost(11, 12)]
    slope = compute_slope({300: short, 1200: long}, logs_of_a_block=10)
    assert slope.python_us == pytest.approx(9 / 9_000 * 1e6)
    assert slope.jvm_us == pytest.approx(1 / 9_000 * 1e6)
    assert slope.all_us == slope.python_us + slope.jvm_us
    assert slope.worker_bytes == 50


def test_a_part_replaces_its_own_tables_in_the_document() -> None:
    page = "# A\n<!-- bench: one -->\nold\n<!-- /bench: one -->\n<!-- bench: two -->\n<!-- /bench: two -->\n"
    replaced = tables.replace_section(page, "one", "\n| 1 |\n")
    assert replaced == page.replace("old", "| 1 |")
    with pytest.raises(ValueError, match="0 times"):
        tables.replace_section(page, "three", "")


def test_the_document_has_a_place_for_each_part() -> None:
    tables.require_sections(PAGE, list(PARTS))


@pytest.mark.parametrize(("text", "why"), [(None, "No such file"), ("# A page", "it has it 0 times")])
def test_a_document_without_places_is_refused_before_anything_is_measured(
    text: str | None, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    if text is not None:
        page.write_text(text)
    with pytest.raises(SystemExit, match="2"):
        parse_arguments(["--only", "latency", "--output", str(page)])
    assert why in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("ss") is None, reason="ss of iproute2 counts them")
def test_the_requests_of_a_process_are_counted_by_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        answering, _ = server.accept()
        with client, answering:
            for _ in range(3):
                client.sendall(b"request")
                assert answering.recv(100) == b"request"
            host, port = client.getsockname()
            counted = exporter.count_segments(os.getpid())
    assert counted[f"{host}:{port}"] == 3

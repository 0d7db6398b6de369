"""What a run counts itself, as text for Prometheus."""

from __future__ import annotations

import re
import time

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from ethlogs.metrics.run_collector import FALLING, RunCollector, metric_name
from ethlogs.run.counts import COUNTERS
from ethlogs.run.journal import Journal
from ethlogs.run.waiting import Waiting


class Asked:
    """Something that was asked again."""

    retries = 3


def worked_journal() -> Journal:
    journal = Journal("a-run", 1, lambda _snapshot: None)
    journal.chain_id = 1
    journal.begin(100, None, None, 200)
    journal.meter.count_block(100, "0xb1", 5, proof="receipts")
    journal.meter.count_block(101, "0xb2", 7, proof="receipts")
    journal.meter.count_reorg(1, 1, 7, whole=True)
    journal.meter.count_latency(0.08)
    journal.meter.counters.retries = 2
    journal.watch(Asked())
    journal.watch(Asked(), "task")
    journal.find_node_name = lambda: "http://geth:8545"
    return journal


def text_of(journal: Journal) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(RunCollector(journal, "logs"))
    return generate_latest(registry).decode()


@pytest.mark.parametrize(
    "line",
    [
        'ethlogs_run_blocks{chain_id="1",topic="logs"} 1.0',
        'ethlogs_run_event_logs{chain_id="1",topic="logs"} 5.0',
        'ethlogs_run_reorgs_total{chain_id="1",topic="logs"} 1.0',
        'ethlogs_run_retracted_event_logs_total{chain_id="1",topic="logs"} 7.0',
        'ethlogs_run_retries_total{chain_id="1",kind="kafka",topic="logs"} 2.0',
        'ethlogs_run_retries_total{chain_id="1",kind="node",topic="logs"} 3.0',
        'ethlogs_run_retries_total{chain_id="1",kind="task",topic="logs"} 3.0',
        'ethlogs_run_latency_seconds_bucket{chain_id="1",le="0.05",topic="logs"} 0.0',
        'ethlogs_run_latency_seconds_bucket{chain_id="1",le="0.1",topic="logs"} 1.0',
        'ethlogs_run_latency_seconds_bucket{chain_id="1",le="+Inf",topic="logs"} 1.0',
        'ethlogs_run_latency_seconds_sum{chain_id="1",topic="logs"} 0.08',
        'ethlogs_run_node_info{chain_id="1",node="http://geth:8545",topic="logs"} 1.0',
        'ethlogs_run_waiting_seconds{chain_id="1",topic="logs"} 0.0',
    ],
)
def test_what_a_run_counts_is_exported(line: str) -> None:
    assert line in text_of(worked_journal()).splitlines()


def test_every_number_of_the_table_is_exported_once() -> None:
    text = text_of(worked_journal())
    names = [metric_name(counter) for counter in COUNTERS]
    assert len(set(names)) == len(names)
    assert [name for name in names if f"\n{name}{{" not in text] == []
    assert {counter.field for counter in COUNTERS} >= FALLING


def test_a_run_that_waits_says_for_how_long() -> None:
    journal, now = worked_journal(), time.time()
    journal.watch_waits(lambda: Waiting("node http://geth:8545 is away", now - 3600, now + 300))
    value = re.search(r"^ethlogs_run_waiting_seconds\{[^}]*\} (\S+)$", text_of(journal), re.MULTILINE)
    assert value is not None
    assert float(value[1]) >= 3600


def test_a_run_that_has_asked_nobody_has_no_node_and_no_chain() -> None:
    text = text_of(Journal("a-run", 1, lambda _snapshot: None))
    assert 'ethlogs_run_blocks{chain_id="",topic="logs"} 0.0' in text
    assert "ethlogs_run_node_info{" not in text

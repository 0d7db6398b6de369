"""Prometheus metrics of a run: the numbers of progress.json, and what only the run knows."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from ethlogs.run.counts import COUNTERS, Counter
from ethlogs.run.journal import Journal

LABELS = ("chain_id", "topic")
FALLING = frozenset({"blocks", "logs", "deepest_reorg", "seconds", "logs_per_second"})
"""Numbers that are gauges and not counters: they can fall, or do not add up."""

_APART = "retries"
"""It is exported by kind instead."""


def metric_name(counter: Counter) -> str:
    """Return the name of a number of a run, with its unit as people say it."""
    name = counter.field.replace("logs", "event_logs")
    return f"ethlogs_run_{name}" if counter.field in FALLING else f"ethlogs_run_{name}_total"


class RunCollector(Collector):
    """Collects what a journal has counted; nobody is asked."""

    def __init__(self, journal: Journal, topic: str) -> None:
        self._journal = journal
        self._topic = topic

    def collect(self) -> Iterator[Metric]:
        """Yield every number of the attempt so far."""
        journal = self._journal
        chain_id = "" if journal.chain_id is None else str(journal.chain_id)
        labels = [chain_id, self._topic]
        counts = msgspec.structs.asdict(journal.counts())
        for counter in COUNTERS:
            if counter.field != _APART:
                yield _build_family(counter, labels, counts[counter.field])
        yield self._build_retries(labels)
        yield self._build_latency(labels)
        yield self._build_node(labels)
        yield self._build_waiting(labels)

    def _build_retries(self, labels: list[str]) -> Metric:
        family = CounterMetricFamily(
            "ethlogs_run_retries", "How often something was asked or tried again.", labels=[*LABELS, "kind"]
        )
        for kind, retries in self._journal.retries_by_kind().items():
            family.add_metric([*labels, kind], retries)
        return family

    def _build_latency(self, labels: list[str]) -> Metric:
        family = HistogramMetricFamily(
            "ethlogs_run_latency_seconds",
            "Time from seeing a block at the head to its commit's acknowledgement.",
            labels=LABELS,
        )
        seen = self._journal.meter.latencies.read()
        buckets = [(str(bound), count) for bound, count in seen.buckets]
        family.add_metric(labels, [*buckets, ("+Inf", seen.count)], seen.sum_seconds)
        return family

    def _build_node(self, labels: list[str]) -> Metric:
        family = GaugeMetricFamily(
            "ethlogs_run_node_info", "The node URL that the run asks now.", labels=[*LABELS, "node"]
        )
        node = self._journal.node_name
        if node is not None:
            family.add_metric([*labels, node], 1)
        return family

    def _build_waiting(self, labels: list[str]) -> Metric:
        family = GaugeMetricFamily(
            "ethlogs_run_waiting_seconds",
            "Time that the run has waited for a node or for Kafka; 0 where both answer.",
            labels=LABELS,
        )
        waiting = self._journal.waiting
        family.add_metric(labels, 0.0 if waiting is None else max(0.0, time.time() - waiting.since))
        return family


def _build_family(counter: Counter, labels: list[str], value: float) -> Metric:
    build = GaugeMetricFamily if counter.field in FALLING else CounterMetricFamily
    family = build(metric_name(counter), counter.meaning, labels=LABELS)
    family.add_metric(labels, value)
    return family

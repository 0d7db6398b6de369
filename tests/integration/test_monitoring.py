"""Alert rules and dashboard, with the real programs that read them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from ethlogs.errors import ExitStatus
from ethlogs.settings.metrics import Address
from ethlogs_devnet import SMALL_PLAN, GethNode, KafkaBroker
from tests.harness.backfilling import backfill_settings, run_here
from tests.harness.commands import Command
from tests.harness.exporting import FAST, Exported
from tests.harness.prometheus import MONITORING, Alertmanager, Prometheus, promtool
from tests.harness.running import ENOUGH_SECONDS, RunInProcess, build_settings, wait_until
from tests.harness.streams import Stream

NewStream = Callable[[KafkaBroker], Stream]
ALERTS = MONITORING / "alerts.yml"
LATE_NODE = "max by (chain_id) (ethlogs_node_head_block_number) - on (chain_id) group_right ()"
LATE_NODE += " ethlogs_node_head_block_number > 9"
DEAD_DRIVER = "ethlogs_held == 1 and time() - ethlogs_last_commit_timestamp_seconds > 11"
"""A driver that lives commits something every ten seconds."""
PAGE = MONITORING.parent / "docs" / "monitoring.md"
SHORTER = (
    (r"for: \w+", "for: 1s"),
    (r"> 60$", "> 15"),
    (r"\[10m\]", "[20s]"),
    (r"> 10$", "> 5"),
)
"""What makes an alert of minutes and of many blocks one of seconds and few: the shape of each rule stays."""


def expressions(dashboard: dict[str, Any]) -> list[str]:
    """Each expression of the dashboard, as Grafana would send it."""
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [expr.replace("$topic", ".*").replace("$__rate_interval", "1m") for expr in found]


def own_metrics(running: RunInProcess) -> str:
    """What the driver itself serves, which promtool takes."""
    notices = " ".join(notice["text"] for notice in running.progress["notices"])
    match = re.search(r"metrics are served at (\S+)", notices)
    assert match is not None, notices
    text = requests.get(match[1], timeout=10).text
    promtool("check", "metrics", stdin=text)
    return text


def test_the_alert_rules_are_valid_and_each_fires_and_clears_in_its_own_test() -> None:
    assert "SUCCESS" in promtool("check", "rules", str(ALERTS))
    assert "SUCCESS" in promtool("test", "rules", str(MONITORING / "alerts_test.yml"))
    names = set(re.findall(r"alert: (\w+)", ALERTS.read_text()))
    assert names == set(re.findall(r"alertname: (\w+)", (MONITORING / "alerts_test.yml").read_text()))
    assert names == set(re.findall(r"^### (\w+)", PAGE.read_text(), re.MULTILINE))


@pytest.fixture
def late_geth(tmp_path: Path) -> Iterator[GethNode]:
    """Another node of the chain's network, which has no block yet."""
    with GethNode(tmp_path / "late-geth") as node:
        yield node


def test_every_expression_of_the_dashboard_gives_data_of_a_reorg_a_late_node_and_a_dead_driver(
    stream: Stream, own_geth: GethNode, late_geth: GethNode, tmp_path: Path
) -> None:
    own_geth.set_finalized(5)
    settings = build_settings(stream, own_geth.url, start="2")
    settings = replace(settings, metrics_listen=Address("127.0.0.1", 0))
    with (
        Command(
            stream, f"{own_geth.url} {late_geth.url}", tmp_path / "exporter", *FAST, name="exporter"
        ) as command,
        Prometheus(tmp_path / "prometheus", Exported(command).url) as prometheus,
        RunInProcess(settings, tmp_path).start() as running,
    ):
        running.wait_for(lambda progress: progress["tip"] == 10, "the run follows")
        wait_until(lambda: prometheus.query("ethlogs_tip_block_number == 10"), "Prometheus has the tip")
        own_geth.reorg(3, plan=SMALL_PLAN)
        wait_until(lambda: prometheus.query("ethlogs_retracted_blocks_total == 3"), "it has the reorg")
        run_here(backfill_settings(stream, own_geth.url)).assert_done()
        wanted = expressions(json.loads((MONITORING / "dashboard.json").read_text()))
        assert len(wanted) > 10
        own = own_metrics(running)
        running.kill()
        for trouble in (LATE_NODE, DEAD_DRIVER):
            wait_until(partial(prometheus.query, trouble), f"Prometheus has {trouble}")
        wait_until(
            lambda: not [expr for expr in wanted if not prometheus.query(expr)],
            "every expression gives data",
        )
        assert len(prometheus.query("ethlogs_node_head_block_number")) == 2
    assert 'ethlogs_run_reorgs_total{chain_id="1337"' in own
    assert f'node="{own_geth.url}"' in own


@pytest.fixture
def watched(
    breakable_kafka: KafkaBroker,
    new_stream: NewStream,
    own_geth: GethNode,
    late_geth: GethNode,
    tmp_path: Path,
) -> Iterator[tuple[Stream, Alertmanager]]:
    """A stream whose alerts, made quicker, reach an Alertmanager."""
    stream = new_stream(breakable_kafka)
    rules, text = tmp_path / "alerts.yml", ALERTS.read_text()
    for pattern, replacement in SHORTER:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    rules.write_text(text)
    with (
        Alertmanager(tmp_path / "alertmanager") as manager,
        Command(
            stream, f"{own_geth.url} {late_geth.url}", tmp_path / "exporter", *FAST, name="exporter"
        ) as command,
        Prometheus(tmp_path / "prometheus", Exported(command).url, rules, manager),
    ):
        yield stream, manager


@pytest.mark.long
def test_alerts_fire_and_clear_for_late_and_lost_nodes_a_deep_reorg_a_dead_driver_an_error_and_a_lost_broker(
    watched: tuple[Stream, Alertmanager],
    breakable_kafka: KafkaBroker,
    own_geth: GethNode,
    late_geth: GethNode,
    tmp_path: Path,
) -> None:
    stream, manager = watched
    settings = build_settings(stream, own_geth.url, start="2", patience=5.0, timeout=3 * ENOUGH_SECONDS)
    with RunInProcess(settings, tmp_path).start() as running:
        running.wait_for(lambda progress: progress["tip"] == 10, "the run follows")
        wait_until(lambda: manager.alerts() == {"EthlogsNodeLagging"}, "the alert for the late node")
        for _ in range(10):
            late_geth.commit_block(SMALL_PLAN)
        wait_until(lambda: not manager.alerts(), "nothing is wrong")
        own_geth.reorg(7, plan=SMALL_PLAN)
        wait_until(lambda: manager.alerts() == {"EthlogsDeepReorg"}, "the alert for the reorg")
        wait_until(lambda: not manager.alerts(), "it is over")
        running.kill()
        wait_until(lambda: manager.alerts() == {"EthlogsDriverDead"}, "the alert for the dead driver")
        running.start(2)
        own_geth.commit_block(SMALL_PLAN)
        running.wait_for(lambda progress: progress["tip"] == 12, "the next attempt follows", attempt=2)
        wait_until(lambda: not manager.alerts(), "it has the stream")
        own_geth.kill()
        wait_until(lambda: "EthlogsNodeAway" in manager.alerts(), "the node is away")
        assert running.wait() == ExitStatus.NODE
        own_geth.start()
        wait_until(lambda: manager.alerts() == {"EthlogsStreamEnded"}, "the alert for the error")
        running.start(3)
        own_geth.commit_block(SMALL_PLAN)
        running.wait_for(lambda progress: progress["tip"] == 13, "another attempt follows", attempt=3)
        wait_until(lambda: not manager.alerts(), "the run continues")
        breakable_kafka.kill()
        wait_until(lambda: "EthlogsKafkaAway" in manager.alerts(), "the broker is away")
        breakable_kafka.start()
        wait_until(lambda: not manager.alerts(), "it is back")

"""``ethlogs exporter`` beside a real run: what Prometheus would scrape of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType

from ethlogs_devnet import SMALL_PLAN, GethNode, KafkaBroker
from tests.harness.brokers import add_acls
from tests.harness.commands import Command
from tests.harness.exporting import FAST, Exported
from tests.harness.prometheus import promtool
from tests.harness.running import RunInThread, build_settings, run
from tests.harness.streams import Stream, assert_folds

NewStream = Callable[[KafkaBroker], Stream]


@pytest.fixture
def exported(stream: Stream, own_geth: GethNode, tmp_path: Path) -> Iterator[Exported]:
    """An exporter of the test's stream and node, refreshed five times a second."""
    with Command(stream, own_geth.url, tmp_path / "exporter", *FAST, name="exporter") as command:
        yield Exported(command)


def test_a_run_its_reorg_and_its_end_are_seen_from_outside(
    stream: Stream, own_geth: GethNode, exported: Exported
) -> None:
    before = exported.wait_for(ethlogs_kafka_up=1, ethlogs_stream_up=0, ethlogs_node_head_block_number=10)
    assert "ethlogs_tip_block_number" not in before
    with RunInThread(build_settings(stream, own_geth.url, start="2", blocks=10)) as running:
        followed = exported.wait_for(ethlogs_tip_block_number=10, ethlogs_held=1, ethlogs_stream_up=1)
        own_geth.reorg(3, plan=SMALL_PLAN)
        report = running.wait().assert_done().report
    after = exported.wait_for(ethlogs_tip_block_number=11, ethlogs_node_head_block_number=11, ethlogs_held=0)
    assert (followed["ethlogs_blocks_total"], followed["ethlogs_reorgs_total"]) == (9, 0)
    assert followed["ethlogs_last_commit_timestamp_seconds"] >= followed["ethlogs_claim_timestamp_seconds"]
    assert after["ethlogs_blocks_total"] == 9 + 3 + 1
    assert (after["ethlogs_reorgs_total"], after["ethlogs_retracted_blocks_total"]) == (1, 3)
    assert after["ethlogs_retracted_event_logs_total"] == report["retractedLogs"] > 0
    assert after["ethlogs_event_logs_total"] == report["logs"] + report["retractedLogs"]
    assert after["ethlogs_followed_block_number"] == 11
    promtool("check", "metrics", stdin=exported.text())
    labels = f'{{chain_id="{own_geth.spec.chain_id}",topic="{stream.topic}"}}'
    assert f"ethlogs_tip_block_number{labels} 11.0" in exported.text()
    assert_folds(stream, own_geth.url, 2, 11)


def test_read_and_describe_on_the_ledger_are_all_that_it_needs(
    stream: Stream, own_geth: GethNode, tmp_path: Path
) -> None:
    run(build_settings(stream, own_geth.url, start="9", blocks=2)).assert_done()
    allow_alone(stream, stream.topic, ACLOperation.DELETE)
    allow_alone(stream, stream.ledger, ACLOperation.READ, ACLOperation.DESCRIBE)
    with Command(stream, own_geth.url, tmp_path / "exporter", *FAST, name="exporter") as command:
        Exported(command).wait_for(ethlogs_stream_up=1, ethlogs_tip_block_number=10)


def allow_alone(stream: Stream, topic: str, *operations: ACLOperation) -> None:
    """Give everybody these rights on a topic: one that has any ACL is closed for all else."""
    pattern = ResourcePattern(ResourceType.TOPIC, topic)
    acls = [ACL("User:ANONYMOUS", "*", one, ACLPermissionType.ALLOW, pattern) for one in operations]
    add_acls(stream.bootstrap, acls)


@pytest.mark.long
def test_a_broker_and_a_node_that_are_away_are_metrics_until_they_are_back(
    breakable_kafka: KafkaBroker, own_geth: GethNode, tmp_path: Path, new_stream: NewStream
) -> None:
    stream = new_stream(breakable_kafka)
    with RunInThread(build_settings(stream, own_geth.url, start="9", blocks=2)) as running:
        running.wait().assert_done()
    with Command(stream, own_geth.url, tmp_path / "exporter", *FAST, name="exporter") as command:
        exported = Exported(command)
        exported.wait_for(ethlogs_kafka_up=1, ethlogs_node_up=1, ethlogs_tip_block_number=10)
        own_geth.kill()
        breakable_kafka.kill()
        away = exported.wait_for(ethlogs_kafka_up=0, ethlogs_node_up=0)
        assert not {"ethlogs_tip_block_number", "ethlogs_node_head_block_number"} & away.keys()
        own_geth.start()
        breakable_kafka.start()
        exported.wait_for(ethlogs_kafka_up=1, ethlogs_node_up=1, ethlogs_tip_block_number=10)
        assert command.stderr.count("looking again every") == 2

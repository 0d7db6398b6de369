"""A real geth without the bodies and receipts of old blocks (EIP-4444), alone and beside one with all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ethlogs import ledger
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import BlockNotFoundError
from ethlogs.verify import VerifySettings, verify_stream
from ethlogs_devnet import SMALL_PLAN, GethNode
from tests.harness.backfilling import ThreadCluster, backfill_settings, run_here
from tests.harness.pruned_node import prune_history
from tests.harness.running import ENOUGH_SECONDS, build_settings, run
from tests.harness.streams import Stream, assert_exactly_once, assert_history_exactly_once

pytestmark = pytest.mark.services

LOWEST = 20
"""The first block that the pruned node has as a whole."""
FINAL = 30
HEAD = 165
"""A block is an old one where it is more than 128 below the head."""
LAST = 25


@pytest.fixture(scope="module")
def whole_geth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GethNode]:
    """A node with all of its chain."""
    with GethNode(tmp_path_factory.mktemp("whole")) as node:
        for _ in range(HEAD):
            node.commit_block(SMALL_PLAN)
        yield node


@pytest.fixture(scope="module")
def pruned_geth(tmp_path_factory: pytest.TempPathFactory, whole_geth: GethNode) -> Iterator[GethNode]:
    """A node of the same chain that has pruned it."""
    with GethNode(tmp_path_factory.mktemp("pruned")) as node:
        node.follow(whole_geth)
        prune_history(node, LOWEST, FINAL)
        yield node


@pytest.fixture(autouse=True)
def few_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "CREATED_PARTITIONS", 5)


def test_a_backfill_below_the_nodes_history_ends_before_any_task_and_names_the_blocks_and_the_way_out(
    stream: Stream, pruned_geth: GethNode
) -> None:
    tasks = ThreadCluster()
    outcome = run_here(backfill_settings(stream, pruned_geth.url, first=3, to=LAST), tasks)
    outcome.assert_failed(
        BlockNotFoundError,
        f"no node URL has the receipts of blocks 3 to {LOWEST - 1}",
        f"{pruned_geth.url} has them from block {LOWEST} on",
        hint=f"--from {LOWEST} of backfill",
    )
    assert outcome.report["exitStatus"] == 6
    assert tasks.descriptions == []
    run_here(backfill_settings(stream, pruned_geth.url, first=LOWEST, to=LAST)).assert_done()
    assert_history_exactly_once(stream, pruned_geth.url, LOWEST, LAST)


def test_a_backfill_takes_old_blocks_from_the_url_that_has_them_and_verify_needs_it_too(
    stream: Stream, pruned_geth: GethNode, whole_geth: GethNode
) -> None:
    settings = backfill_settings(stream, pruned_geth.url, whole_geth.url, to=LAST)
    run_here(settings).assert_done()
    assert_history_exactly_once(stream, whole_geth.url, 0, LAST)
    pruned = replace(settings.node, urls=(pruned_geth.url,))
    check = VerifySettings(settings.kafka, settings.stream, pruned, proof=settings.follow.proof)
    with pytest.raises(BlockNotFoundError, match=rf"receipts of blocks \d+ to {LOWEST - 1}:"):
        verify_stream(check, StopSwitch(ENOUGH_SECONDS), print, print, lambda _progress: None)


def test_produce_below_the_nodes_history_ends_with_status_6_and_names_the_block_to_start_at(
    stream: Stream, pruned_geth: GethNode
) -> None:
    outcome = run(build_settings(stream, pruned_geth.url, start="3", blocks=2))
    said = f"no node URL has the receipts of blocks 3 to {LOWEST - 1}"
    outcome.assert_failed(BlockNotFoundError, said, hint=f"--start {LOWEST} of produce")
    assert outcome.report["exitStatus"] == 6
    run(build_settings(stream, pruned_geth.url, start=str(LOWEST), blocks=2)).assert_done()
    assert_exactly_once(stream, pruned_geth.url, LOWEST, LOWEST + 1)

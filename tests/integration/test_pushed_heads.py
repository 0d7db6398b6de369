"""New heads that a real geth pushes, by WebSocket and its local socket, and what can happen on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ethlogs.follow import head
from ethlogs.follow.early_block import EarlyBlock
from ethlogs.stream.block import PreparedBlock
from ethlogs_devnet import SMALL_PLAN, GethNode
from tests.harness.flaky_proxy import FlakyProxy
from tests.harness.running import RunInThread, build_settings, wait_until
from tests.harness.streams import Stream, assert_exactly_once, assert_folds

pytestmark = pytest.mark.services

NEVER = 3600.0


@pytest.fixture
def pushing_geth(new_geth: GethNode) -> GethNode:
    """A node that the test makes blocks on."""
    new_geth.commit_block(SMALL_PLAN)
    return new_geth


@pytest.fixture
def proxy(pushing_geth: GethNode) -> Iterator[FlakyProxy]:
    """What stands between a run and the node."""
    with FlakyProxy(pushing_geth.ports[0]) as proxy:
        yield proxy


@contextmanager
def following(stream: Stream, first: int, *urls: str, **given: Any) -> Iterator[RunInThread]:
    """A run from a height on that has caught up with the node."""
    with RunInThread(build_settings(stream, *urls, start=str(first), **given)) as running:
        wait_until(lambda: running.tip == first, "the run has caught up")
        yield running


def commit_blocks(geth: GethNode, running: RunInThread, count: int) -> None:
    """Make one block after the other, each when the one before is on Kafka."""
    for _ in range(count):
        geth.commit_block(SMALL_PLAN)
        wait_until(lambda: running.tip == geth.height(), "the block is noticed and committed")


def watch_early_blocks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the heights that were fetched early and used, as they come."""
    heights: list[int] = []
    take = EarlyBlock.take

    def watch(early: EarlyBlock, height: int) -> PreparedBlock | None:
        found = take(early, height)
        if found is not None:
            heights.append(found.number)
        return found

    monkeypatch.setattr(EarlyBlock, "take", watch)
    return heights


@pytest.mark.parametrize("kind", ["ws", "ipc"])
def test_a_pushed_head_is_all_that_a_run_needs_to_look(
    stream: Stream, pushing_geth: GethNode, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(head, "PUSHED_POLL_SECONDS", NEVER)
    url, first = getattr(pushing_geth, f"{kind}_url"), pushing_geth.height()
    early = watch_early_blocks(monkeypatch)
    with following(stream, first, url, proof="auto") as running:
        commit_blocks(pushing_geth, running, 3)
    assert early, "a block was fetched while the head was looked at"
    assert_exactly_once(stream, pushing_geth.url, first, first + 3, proof="block")


def test_a_reorg_that_a_notification_hints_at_is_followed(
    stream: Stream, own_geth: GethNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head, "PUSHED_POLL_SECONDS", NEVER)
    with RunInThread(build_settings(stream, own_geth.ws_url, start="8")) as running:
        wait_until(lambda: running.tip == 10, "the run has caught up")
        own_geth.reorg(2, plan=SMALL_PLAN)
        wait_until(lambda: running.tip == 11, "the new branch is committed")
    assert_folds(stream, own_geth.url, 8, 11)


def test_a_subscription_that_was_cut_is_made_again_and_no_block_is_missed(
    stream: Stream, pushing_geth: GethNode, proxy: FlakyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head, "PUSHED_POLL_SECONDS", NEVER)
    first = pushing_geth.height()
    with following(stream, first, f"ws://127.0.0.1:{proxy.port}") as running:
        commit_blocks(pushing_geth, running, 1)
        proxy.cut(refuse=True)
        pushing_geth.commit_block(SMALL_PLAN)
        proxy.accept_again()
        wait_until(lambda: running.tip == first + 2, "the block of the outage is committed")
        commit_blocks(pushing_geth, running, 1)
    assert_exactly_once(stream, pushing_geth.url, first, first + 3)


def test_notifications_that_come_late_are_of_blocks_below_the_head_and_none_is_missed(
    stream: Stream, pushing_geth: GethNode, proxy: FlakyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head, "PUSHED_POLL_SECONDS", NEVER)
    first = pushing_geth.height()
    with following(stream, first, f"ws://127.0.0.1:{proxy.port}") as running:
        proxy.delay(0.3)
        for _ in range(6):
            pushing_geth.commit_block(SMALL_PLAN)
        wait_until(lambda: running.tip == first + 6, "all of them are committed")
        commit_blocks(pushing_geth, running, 1)
    assert_exactly_once(stream, pushing_geth.url, first, first + 7)


def test_a_connection_that_falls_silent_is_found_out_by_the_slow_poll(
    stream: Stream, pushing_geth: GethNode, proxy: FlakyProxy
) -> None:
    first = pushing_geth.height()
    with following(stream, first, f"ws://127.0.0.1:{proxy.port}", node_timeout=1.0) as running:
        commit_blocks(pushing_geth, running, 1)
        proxy.fall_silent()
        silenced = proxy.connections
        commit_blocks(pushing_geth, running, 3)
        wait_until(lambda: proxy.connections > silenced + 1, "heads are subscribed to again")
    assert_exactly_once(stream, pushing_geth.url, first, first + 4)


def test_a_run_whose_second_url_pushes_goes_on_there(
    stream: Stream, pushing_geth: GethNode, tmp_path: Path
) -> None:
    first = pushing_geth.height()
    urls = (f"ipc://{tmp_path}/none.ipc", pushing_geth.ws_url)
    with following(stream, first, *urls) as running:
        commit_blocks(pushing_geth, running, 1)
    assert_exactly_once(stream, pushing_geth.url, first, first + 1)

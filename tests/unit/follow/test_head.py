"""How far the chain is, from a fake node: a real one cannot be made to lag or to lose a tag."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import BlockNotFoundError, InterruptedRunError, NodeUnavailableError
from ethlogs.follow import head as head_module
from ethlogs.follow.head import PUSHED_POLL_SECONDS, HeadWatcher
from ethlogs.follow.pace import QUICKEST_SECONDS, SLOWEST_SECONDS
from ethlogs.follow.pushed import PushedHeads
from ethlogs.node.endpoint import require_quantity
from ethlogs.settings import FollowSettings


class FakeNode:
    """Plays a script: each tag has heights or errors, the last of which repeats."""

    name = "http://fake"

    def __init__(self, **script: list[Any]) -> None:
        self._script = {
            tag: itertools.chain(steps, itertools.repeat(steps[-1])) for tag, steps in script.items()
        }
        self.asked: list[str] = []
        self.left: list[str] = []

    def fetch_quantity(self, method: str) -> int:
        assert method == "eth_blockNumber"
        return require_quantity(self._next("latest"), method, self.name)

    def fetch_height(self, tag: str) -> int | None:
        found = self._next(tag)
        return None if found is None else require_quantity(found, tag, self.name)

    def switch_from(self, name: str, why: str) -> bool:
        self.left.append(name)
        return False

    def _next(self, tag: str) -> Any:
        self.asked.append(tag)
        found = next(self._script[tag])
        if isinstance(found, Exception):
            raise found
        return hex(found) if isinstance(found, int) else found


class ImpatientStop(StopSwitch):
    """Waits no time at all, but counts the waits."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.check()

    def pause_until(self, wake: threading.Event, seconds: float) -> None:
        self.pause(seconds)


def watcher(
    node: FakeNode, settings: FollowSettings, patience_seconds: float = 300.0, stop: StopSwitch | None = None
) -> tuple[HeadWatcher, list[str]]:
    notices: list[str] = []
    return HeadWatcher(
        node,  # type: ignore[arg-type]
        settings,
        patience_seconds,
        stop or ImpatientStop(),
        notices.append,
    ), notices


def test_latest_is_the_nodes_block_number() -> None:
    node = FakeNode(latest=[7])
    assert watcher(node, FollowSettings())[0].look() == 7


@pytest.mark.parametrize("tag", ["safe", "finalized"])
def test_a_tag_is_the_height_of_its_block(tag: Any) -> None:
    node = FakeNode(**{tag: [7]})
    assert watcher(node, FollowSettings(head=tag))[0].look() == 7
    assert node.asked == [tag]


@pytest.mark.parametrize("unset", [BlockNotFoundError("finalized block not found"), None])
def test_a_tag_that_is_not_set_yet_is_no_head(unset: Any) -> None:
    assert watcher(FakeNode(finalized=[unset]), FollowSettings(head="finalized"))[0].look() == -1


@pytest.mark.parametrize(("latest", "head"), [(7, 4), (3, 0), (2, -1), (0, -1)])
def test_the_head_stays_the_confirmations_below(latest: int, head: int) -> None:
    assert watcher(FakeNode(latest=[latest]), FollowSettings(confirmations=3))[0].look() == head


def test_a_height_that_is_no_number_counts_as_no_answer() -> None:
    with pytest.raises(NodeUnavailableError, match="not with a number"):
        watcher(FakeNode(latest=["seven"]), FollowSettings())[0].look()


def test_waiting_ends_when_the_block_is_there() -> None:
    node = FakeNode(latest=[7, 7, 8])
    stop = ImpatientStop()
    assert watcher(node, FollowSettings(), stop=stop)[0].wait_for(8) == 8
    assert stop.waits == [SLOWEST_SECONDS] * 2


def test_a_chain_of_quick_blocks_is_looked_at_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each wait takes 50 ms on the clock, and each third look finds a new block."""
    now = 0.0

    class Clock(ImpatientStop):
        def pause(self, seconds: float) -> None:
            nonlocal now
            now += 0.05
            super().pause(seconds)

    monkeypatch.setattr("time.monotonic", lambda: now)
    stop = Clock()
    head, _ = watcher(FakeNode(latest=[look // 3 for look in range(100)]), FollowSettings(), stop=stop)
    for height in range(10):
        head.wait_for(height)
    assert stop.waits[0] == SLOWEST_SECONDS
    assert stop.waits[-1] == QUICKEST_SECONDS


@pytest.mark.parametrize(("confirmations", "expected"), [(0, ["push", 7]), (2, [5])])
def test_a_push_may_be_of_the_block_that_is_waited_for(
    confirmations: int, expected: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    heads, _ = watcher(FakeNode(latest=[7]), FollowSettings(confirmations=confirmations))
    happened: list[Any] = []

    def look() -> int:
        happened.append(7 - confirmations)
        return 7 - confirmations

    monkeypatch.setattr(heads, "_fetch_height", look)
    heads._look_now.set()
    heads.wait_for(5, on_push=lambda: happened.append("push"))
    assert happened == expected
    heads.wait_for(5, on_push=lambda: happened.append("push"))
    assert happened == [*expected, expected[-1]], "there was no push"


@pytest.mark.parametrize(("is_pushed", "pause"), [(True, SLOWEST_SECONDS), (False, PUSHED_POLL_SECONDS)])
def test_a_block_that_is_pushed_before_it_can_be_read_is_looked_for_quickly(
    pause: float, *, is_pushed: bool
) -> None:
    """The notification is of one node behind a URL, and the height of another one."""
    stop = ImpatientStop()
    head, _ = watcher(FakeNode(latest=[7, 7, 8, 8, 9]), FollowSettings(), stop=stop)
    head._pushed.is_subscribed = True
    head.look()
    if is_pushed:
        head._look_now.set()
    assert (head.wait_for(8), head.wait_for(9)) == (8, 9)
    assert stop.waits == [pause, PUSHED_POLL_SECONDS], "the next block is not pushed"


def test_a_node_that_falls_back_and_comes_up_again_has_no_new_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two nodes behind one URL: a subscription to one of them announces no such heads, and is alive."""
    counted: list[bool] = []
    monkeypatch.setattr(PushedHeads, "count_new_head", lambda _self, *, announced: counted.append(announced))
    head, _ = watcher(FakeNode(latest=[7, 6, 7, 6, 7, 8]), FollowSettings())
    assert [head.look() for _ in range(6)] == [7, 6, 7, 6, 7, 8]
    assert counted == [False, False]


def test_a_block_that_is_there_is_not_waited_for() -> None:
    stop = ImpatientStop()
    assert watcher(FakeNode(latest=[9]), FollowSettings(), stop=stop)[0].wait_for(8) == 9
    assert stop.waits == []


def test_a_node_that_is_behind_the_tip_is_left_and_waited_for() -> None:
    node = FakeNode(latest=[5, 5, 5, 5, 5, 8])
    head, notices = watcher(node, FollowSettings())
    assert head.wait_for(8) == 8
    assert notices == ["node http://fake is at block 5, below the tip 7; waiting for it"]
    assert node.left == ["http://fake"]


def test_where_the_next_url_is_behind_too_the_one_after_it_is_asked() -> None:
    node = FakeNode(latest=[3] * 11 + [8])
    watch, notices = watcher(node, FollowSettings())
    assert watch.wait_for(8) == 8
    assert node.left == [node.name] * 2
    assert len(notices) == 1


def test_a_node_that_stays_behind_ends_the_run() -> None:
    head, _ = watcher(FakeNode(latest=[5]), FollowSettings(), patience_seconds=0.0)
    with pytest.raises(NodeUnavailableError, match="is at block 5, below the stream's tip 7"):
        head.wait_for(8)


def test_a_stream_above_what_is_finalized_is_waited_for_and_no_lag_of_the_node() -> None:
    node = FakeNode(latest=[9], finalized=[5, 5, 5, 8])
    head, notices = watcher(node, FollowSettings(head="finalized"), patience_seconds=0.0)
    assert head.wait_for(8) == 8
    assert notices == ["node http://fake is at finalized block 5 yet; waiting for block 8"]
    assert node.left == []


def test_a_node_below_the_tip_is_behind_whatever_is_finalized() -> None:
    node = FakeNode(latest=[6], finalized=[5])
    head, _ = watcher(node, FollowSettings(head="finalized"), patience_seconds=0.0)
    with pytest.raises(NodeUnavailableError, match="below the stream's tip 7"):
        head.wait_for(8)


@pytest.mark.parametrize(
    ("settings", "script", "said"),
    [
        (
            FollowSettings(head="finalized"),
            {"latest": [9], "finalized": [None, None, 3]},
            "no finalized block",
        ),
        (FollowSettings(confirmations=5), {"latest": [2, 2, 2, 7]}, "no block 5 below its head"),
    ],
)
def test_a_chain_without_such_a_head_is_told(
    settings: FollowSettings, script: dict[str, list[Any]], said: str
) -> None:
    head, notices = watcher(FakeNode(**script), settings)
    head.wait_for(0)
    assert notices == [f"node http://fake has {said} yet; waiting for block 0"]


def test_waiting_for_a_block_hears_a_request_to_stop() -> None:
    stop = StopSwitch()
    stop.request(15, "asked to")
    with pytest.raises(InterruptedRunError, match="asked to"):
        watcher(FakeNode(latest=[7]), FollowSettings(), stop=stop)[0].wait_for(8)


def test_a_quiet_chain_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_module, "_QUIET_SECONDS", 0.0)
    head, notices = watcher(FakeNode(latest=[7, 8]), FollowSettings())
    head.wait_for(8)
    assert notices == ["no block 8 on http://fake for 0 seconds"]

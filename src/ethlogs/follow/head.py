"""The head that a run follows: the node's, by the tag and the confirmations of the settings."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from ethlogs.backoff import Backoff
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import BlockNotFoundError, NodeUnavailableError
from ethlogs.follow.finalized import FinalizedBlock
from ethlogs.follow.pace import SLOWEST_SECONDS, Pace
from ethlogs.follow.pushed import PushedHeads
from ethlogs.node.client import Node
from ethlogs.notify import Notify
from ethlogs.settings import FollowSettings

PUSHED_POLL_SECONDS = 1.0
"""Beside a subscription, which may be dead without a sign."""

_AHEAD_SECONDS = 1.0
"""So much earlier than it can be read a block may be pushed: by another node behind the same URL."""
_QUIET_SECONDS = 60.0


class HeadWatcher:
    """Knows the highest height that may be produced."""

    def __init__(
        self, node: Node, settings: FollowSettings, patience_seconds: float, stop: StopSwitch, notify: Notify
    ) -> None:
        self._node = node
        self._settings = settings
        self._patience_seconds = patience_seconds
        self._stop = stop
        self._notify = notify
        self._advanced_at = time.monotonic()
        self._told_at = self._advanced_at
        self._told_held_back = False
        self._look_now = threading.Event()
        stop.link(self._look_now)
        self._pushed = PushedHeads(node, self._look_now, notify)
        self._pace = Pace()
        self._awaited_until = float("-inf")
        """So long a block is looked for that was pushed and could not be read."""
        self.finalized = FinalizedBlock(node, notify)
        self.height = self._highest = -1
        self.seen_at = time.monotonic()
        """When ``height`` was first seen, by the monotonic clock."""

    @property
    def known_height(self) -> int | None:
        """The height that was seen last; ``None`` before the first look, and where the tag names no block."""
        return self.height if self.height >= 0 else None

    @contextlib.contextmanager
    def pushed(self) -> Iterator[None]:
        """Hear of new heads from the node until the block ends, where it can say so.

        Of ``safe`` and ``finalized`` no node does.
        """
        if self._settings.head != "latest":
            yield
            return
        with self._pushed.listening():
            yield

    def look(self, on_push: Callable[[], None] | None = None) -> int:
        """Ask once; -1 where the node has no such head yet. ``on_push`` is that of :meth:`wait_for`."""
        announced = self._look_now.is_set()
        # Before the node is asked: what it says from now on is looked at again.
        self._look_now.clear()
        if announced and on_push is not None and not self._settings.confirmations:
            on_push()
        found = self._fetch_height()
        self._compare_with_push(found, announced=announced)
        if found != self.height:
            if found > self.height:
                self._advanced_at = self._told_at = time.monotonic()
            self.seen_at = time.monotonic()
            self.height = found
            self._pace.count(found, self.seen_at)
        return found

    def _compare_with_push(self, found: int, *, announced: bool) -> None:
        # Not with the last height: where a node falls back and comes up again, it does not push that.
        if found > self._highest:
            self._pushed.count_new_head(announced=announced)
            self._highest, self._awaited_until = found, float("-inf")
        elif announced:
            self._awaited_until = time.monotonic() + _AHEAD_SECONDS

    def wait_for(
        self,
        height: int,
        check_tip: Callable[[], None] | None = None,
        on_push: Callable[[], None] | None = None,
    ) -> int:
        """Ask until the head is at ``height`` or above; meanwhile ``check_tip`` is called at the tip.

        ``on_push`` is called before a look where the node has said that there is a new block, and that may
        be the one that is waited for.

        Raises
        ------
        NodeUnavailableError
            When the head is below the stream's tip, ``height - 1``, for longer than the patience.
        """
        behind = Backoff(SLOWEST_SECONDS, 2.0)
        while self.look(on_push) < height:
            held_back = self._is_held_back(height - 1)
            if self.height >= height - 1 or held_back:
                behind.reset()
                if held_back:
                    self._tell_held_back(height)
                self._tell_quiet(height)
                if check_tip is not None:
                    check_tip()
                self._pause()
            else:
                self._wait_for_lagging(height - 1, behind)
        return self.height

    def _pause(self) -> None:
        now = time.monotonic()
        is_slow = self._pushed.is_subscribed and now >= self._awaited_until
        seconds = PUSHED_POLL_SECONDS if is_slow else self._pace.pause_seconds(now)
        self._stop.pause_until(self._look_now, seconds)

    def _fetch_height(self) -> int:
        if self._settings.head == "latest":
            height = self._node.fetch_quantity("eth_blockNumber")
        else:
            height = self._fetch_tag(self._settings.head)
        return max(-1, height - self._settings.confirmations)

    def _fetch_tag(self, tag: str) -> int:
        """geth answers -32000 "finalized block not found" until the tag is set."""
        try:
            height = self._node.fetch_height(tag)
        except BlockNotFoundError:
            return -1
        return -1 if height is None else height

    def _is_held_back(self, tip: int) -> bool:
        """Return whether the node has the tip, and only --head or --confirmations lie below it or nowhere.

        So where a stream that followed the latest block continues with what is finalized.
        """
        settings = self._settings
        if self.height >= max(tip, 0) or (settings.head == "latest" and not settings.confirmations):
            return False
        return self._node.fetch_quantity("eth_blockNumber") >= tip

    def _tell_held_back(self, height: int) -> None:
        if self._told_held_back:
            return
        self._told_held_back = True
        head, confirmations = self._settings.head, self._settings.confirmations
        what = f"{head} block" if head != "latest" else "block"
        deep = f" {confirmations} below its head" if confirmations else ""
        found = f"is at {what} {self.height}" if self.height >= 0 else f"has no {what}"
        self._notify(f"node {self._node.name} {found}{deep} yet; waiting for block {height}")

    def _wait_for_lagging(self, tip: int, behind: Backoff) -> None:
        if behind.failing_seconds > self._patience_seconds:
            raise NodeUnavailableError(
                f"node {self._node.name} is at block {self.height}, below the stream's tip {tip}, for"
                f" {self._patience_seconds:g} seconds",
                hint="is the node in sync, and of the right chain?",
            )
        if behind.tries == 3:
            self._notify(
                f"node {self._node.name} is at block {self.height}, below the tip {tip}; waiting for it"
            )
        if behind.is_fourth:
            self._node.switch_from(self._node.name, "the node is behind the stream")
        behind.wait(self._stop.pause)

    def _tell_quiet(self, height: int) -> None:
        now = time.monotonic()
        if now - self._told_at > _QUIET_SECONDS:
            self._told_at = now
            self._notify(f"no block {height} on {self._node.name} for {now - self._advanced_at:.0f} seconds")

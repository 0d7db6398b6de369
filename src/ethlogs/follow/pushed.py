"""The moment to look at the head: at once where the node says that there is a new one.

A thread subscribes at the URL in use. What it hears is the hint to look, no more: whoever follows looks
slowly beside it, and quickly while there is no subscription. Nothing here can end a run.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from ethlogs.backoff import Backoff
from ethlogs.errors import EthlogsError, MissingMethodError, NodeRefusedError
from ethlogs.node import Node
from ethlogs.node.new_heads import NewHeads
from ethlogs.notify import Notify

_LOOK_SECONDS = 0.5
"""How soon another URL in use, or the end, is noticed."""
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_UNANNOUNCED = 2
"""So many heads in a row that no notification announced, and a subscription counts as dead: a proxy may
keep a connection open that has no node behind it any more. One may cross its notification."""


class PushedHeads:
    """Sets ``wake`` whenever the head should be looked at."""

    def __init__(self, node: Node, wake: threading.Event, notify: Notify) -> None:
        self._node = node
        self._wake = wake
        self._notify = notify
        self._backoff = Backoff(_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
        self._unannounced = 0
        self._refusing: set[str] = set()
        self._told: set[str] = set()
        self.is_subscribed = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen until the block ends."""
        # One for each time: a thread that still waits for a node's answer ends with its own.
        ended = threading.Event()
        thread = threading.Thread(target=self._run, args=(ended,), name="new heads", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(2 * _LOOK_SECONDS)

    def count_new_head(self, *, announced: bool) -> None:
        """Take note of a new head, and whether a notification came before it was found."""
        self._unannounced = 0 if announced else self._unannounced + 1

    def _run(self, ended: threading.Event) -> None:
        while not ended.is_set():
            name = self._node.name
            try:
                self._listen(name, ended)
            except (MissingMethodError, NodeRefusedError) as exc:
                self._refusing.add(name)
                self._tell(name, exc)
            except EthlogsError as exc:
                self._tell(name, exc)
                self._backoff.wait(ended.wait)

    def _listen(self, name: str, ended: threading.Event) -> None:
        heads = None if name in self._refusing else self._node.subscribe_heads()
        if heads is None:
            ended.wait(_LOOK_SECONDS)
            return
        with contextlib.closing(heads):
            if not ended.is_set():
                self._hear(heads, name, ended)

    def _hear(self, heads: NewHeads, name: str, ended: threading.Event) -> None:
        self._unannounced = 0
        self.is_subscribed = True
        # A block may have come before the subscription.
        self._wake.set()
        try:
            self._hear_until_left(heads, name, ended)
        finally:
            self.is_subscribed = False
            # Ends the slow pause of a follower with a subscription.
            self._wake.set()

    def _hear_until_left(self, heads: NewHeads, name: str, ended: threading.Event) -> None:
        while not ended.is_set() and self._node.name == name and self._unannounced < _UNANNOUNCED:
            if heads.wait(_LOOK_SECONDS):
                self._unannounced = 0
                self._backoff.reset()
                self._told.discard(name)
                self._wake.set()

    def _tell(self, name: str, exc: EthlogsError) -> None:
        """Once for each trouble."""
        if name not in self._told:
            self._told.add(name)
            self._notify(f"node {name} does not push new blocks, so it is asked for them: {exc}")

"""Ways to ask a node: patiently, as :class:`ethlogs.node.Node` does, or once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ethlogs.node.client import Node
from ethlogs.node.endpoint import Call
from ethlogs.node.rpc import Answer


class Asker(Protocol):
    """Asks a node for what a block needs; see the methods of :class:`ethlogs.node.Node`."""

    @property
    def name(self) -> str:
        """The URL that is asked now, without secrets."""

    def call(self, method: str, *params: Any) -> Answer:
        """Ask for one thing."""

    def call_all(self, calls: Sequence[Call]) -> list[Answer]:
        """Ask for several things at once."""

    def call_all_once(self, calls: Sequence[Call]) -> list[Answer]:
        """Ask for several things at once, of the current URL alone and once."""


class AskedOnce:
    """A node whose current URL is asked once for everything.

    A failure is not tried again, not counted and not said, and leaves no URL.
    """

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def name(self) -> str:
        """The URL that is asked now, without secrets."""
        return self._node.name

    def call(self, method: str, *params: Any) -> Answer:
        """Ask for one thing; see :meth:`ethlogs.node.Node.call_all_once`."""
        return self._node.call_once(method, *params)

    def call_all(self, calls: Sequence[Call]) -> list[Answer]:
        """Ask for several things; see :meth:`ethlogs.node.Node.call_all_once`."""
        return self._node.call_all_once(calls)

    call_all_once = call_all

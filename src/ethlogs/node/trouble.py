"""The trouble of one call: what each URL answered, for how long, and the error when the patience is over."""

from __future__ import annotations

import socket

from ethlogs.backoff import Backoff
from ethlogs.errors import EthlogsError, NodeUnavailableError
from ethlogs.run.waiting import Waiting, look_at_trouble

FIRST_CONTACT_SECONDS = 30.0
"""A node that has never answered is more often a wrong URL than a node that restarts."""


class Trouble:
    """One call's trouble: since when nothing was answered well, and which URLs have refused for good."""

    def __init__(self) -> None:
        self.backoff = Backoff()
        self.refusing: dict[int, EthlogsError] = {}
        self.failing: dict[int, str] = {}
        """What each URL that does not answer well answered last."""
        self.patience_seconds = 0.0

    @property
    def waiting(self) -> Waiting | None:
        """What the call waits for; ``None`` where nothing has failed."""
        return look_at_trouble(self.backoff, self.describe(), self.patience_seconds)

    def describe(self) -> str:
        """Say what each URL answered."""
        return "; ".join(dict(sorted(self.failing.items())).values())


def give_up(trouble: Trouble, last: NodeUnavailableError, *, is_first_contact: bool) -> NodeUnavailableError:
    """Return the error of a call whose patience is over."""
    what, hint = trouble.describe(), last.hint or "is the node running, and is --node-url right?"
    if trouble.patience_seconds:
        what += f"; no answer for {trouble.patience_seconds:g} seconds"
    if is_first_contact:
        what += f", asked from {socket.gethostname()}"
        hint = last.hint or "is the node running, is --node-url right, and can that machine reach it?"
    return NodeUnavailableError(what, hint=hint)

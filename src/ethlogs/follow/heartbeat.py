"""Keeps a run that waits visible: a newer run takes a stream over from one that commits nothing.

Between two blocks of a quiet chain, or of one that is followed up to its finalized block, and while the node
is away, there is nothing else to commit.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ethlogs.follow.held_stream import HeldStream
from ethlogs.repeated import repeated

IDLE_SECONDS = 10.0
"""A third of the time for which a newer run watches."""
_LOOK_SECONDS = 1.0
_END_SECONDS = 10.0
"""A claim under way is waited for so long, so that a released claim comes after it."""


@contextlib.contextmanager
def kept_visible(stream: HeldStream) -> Iterator[None]:
    """Commit the claim again whenever nothing else was committed for a while."""
    with repeated("heartbeat", _LOOK_SECONDS, lambda: stream.claim_again(IDLE_SECONDS), _END_SECONDS):
        yield

"""One backfill for each stream: who has its slots, and when a newer run may take them."""

from __future__ import annotations

import time
from collections.abc import Callable

from ethlogs.backfill.missing import count_missing
from ethlogs.backfill.plan import LedgerEnds
from ethlogs.errors import SupersededError
from ethlogs.follow.ownership import WATCH_SECONDS
from ethlogs.notify import Notify
from ethlogs.stream.tail import Tail

_LOOK_SECONDS = 1.0


def find_holder(ends: LedgerEnds, run: str) -> str | None:
    """Return another run that may still write: it has neither filled its range nor released its slots."""
    for tail in ends.slot_tails.values():
        claim = tail.newest.claim if tail.newest else None
        if claim is None or claim.run == run or claim.released or claim.last_block is None:
            continue
        if count_missing(ends.gaps(((claim.first_block, claim.last_block),))):
            return claim.run
    return None


def wait_until_free(
    read: Callable[[], LedgerEnds], run: str, pause: Callable[[float], None], notify: Notify
) -> None:
    """Watch the slots that another backfill has, until it is known to be gone.

    Raises
    ------
    SupersededError
        When it still commits.
    """
    first = read()
    other = find_holder(first, run)
    if other is None:
        return
    notify(
        f"backfill {other} has this stream; watching for up to {WATCH_SECONDS:g} seconds whether it commits"
    )
    deadline = time.monotonic() + WATCH_SECONDS
    while time.monotonic() < deadline:
        pause(_LOOK_SECONDS)
        now = read()
        if find_holder(now, run) is None:
            return
        if _committed(now) != _committed(first):
            raise SupersededError(
                f"backfill {other} is filling this stream: two backfills cannot write one stream",
                hint="leave it to that run, or stop it first: ethlogs stop, or Ctrl-C where it runs;"
                " --replace takes the stream over from it",
            )
    notify(f"backfill {other} has committed nothing for {WATCH_SECONDS:g} seconds; taking over from it")


def _committed(ends: LedgerEnds) -> list[tuple[int, int]]:
    """What changes with whatever a backfill commits."""
    return sorted((number, _newest_offset(tail)) for number, tail in ends.slot_tails.items())


def _newest_offset(tail: Tail) -> int:
    return tail.end_offset

"""One backfill for each stream: who has its slots, and when a newer run may take them."""

from __future__ import annotations

from collections.abc import Callable

from ethlogs.backfill.missing import count_missing
from ethlogs.backfill.plan import LedgerEnds
from ethlogs.errors import SupersededError
from ethlogs.follow.ownership import watch_holder
from ethlogs.notify import Notify
from ethlogs.stream.tail import Tail


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

    def describe_holder(ends: LedgerEnds) -> str | None:
        holder = find_holder(ends, run)
        return None if holder is None else f"backfill {holder}"

    def build_refusal(ends: LedgerEnds) -> SupersededError:
        return SupersededError(
            f"{describe_holder(ends)} is filling this stream: two backfills cannot write one stream",
            hint="leave it to that run, or stop it first: ethlogs stop, or Ctrl-C where it runs;"
            " --replace takes the stream over from it",
        )

    watch_holder(read, describe_holder, _committed, build_refusal, pause, notify)


def _committed(ends: LedgerEnds) -> list[tuple[int, int]]:
    """What changes with whatever a backfill commits."""
    return sorted((number, _newest_offset(tail)) for number, tail in ends.slot_tails.items())


def _newest_offset(tail: Tail) -> int:
    return tail.end_offset

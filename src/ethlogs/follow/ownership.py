"""Ownership of the stream: the newest claim has it.

A higher attempt of the same run takes over at once. Another run takes over only from one that is gone: one
that has finished its blocks, released its claim, or committed nothing while it was watched. Who was taken
over ends with status 9 and never comes back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from ethlogs.errors import SupersededError
from ethlogs.notify import Notify
from ethlogs.stream.tail import Claimed, Tail

T = TypeVar("T")

WATCH_SECONDS = 30.0
"""Longer than the time between two blocks of most chains, so that a run that lives is seen to commit."""
_LOOK_SECONDS = 1.0


def check_not_superseded(claimed: Claimed | None, run: str, attempt: int, ledger_end: int) -> None:
    """End this attempt where a later one, or another run, has claimed the stream since the run began.

    Raises
    ------
    SupersededError
        Naming who has it now. ``ledger_end`` is where the ledger ended when the run's first attempt looked.
    """
    if claimed is None:
        return
    claim = claimed.claim
    if claim.run == run and claim.attempt > attempt:
        raise superseded_by_attempt(claim.attempt)
    if claim.run != run and claimed.taken_at >= ledger_end:
        raise SupersededError(
            f"run {claim.run} has taken this stream, with blocks from {claim.first_block} on",
            hint="two runs cannot write one stream; what this run committed stays, and the other one resumes"
            " after it",
        )


def superseded_by_attempt(attempt: int) -> SupersededError:
    """Return the error of an attempt that YARN took for lost while it still ran."""
    return SupersededError(
        f"attempt {attempt} of this run has taken the stream over: YARN took this attempt for lost",
        hint="nothing needs to be done: what this attempt committed stays, the later one resumes after it",
    )


def is_held(tail: Tail, run: str | None = None) -> bool:
    """Return whether a run, other than ``run``, may still write: it has more to do and no released claim."""
    if tail.newest is None or tail.newest.claim.run == run or tail.newest.claim.released:
        return False
    last, tip = tail.newest.claim.last_block, tail.tip
    return last is None or tip is None or tip.block_number < last


def wait_until_free(
    read: Callable[[], Tail], run: str, pause: Callable[[float], None], notify: Notify
) -> None:
    """Watch a stream that another run has, until it is known to be gone.

    Raises
    ------
    SupersededError
        When it still commits.
    """

    def find_holder(tail: Tail) -> str | None:
        return f"run {tail.newest.claim.run}" if tail.newest and is_held(tail, run) else None

    watch_holder(read, find_holder, _committed, _build_refusal, pause, notify)


def watch_holder(
    read: Callable[[], T],
    find_holder: Callable[[T], str | None],
    find_committed: Callable[[T], object],
    build_refusal: Callable[[T], SupersededError],
    pause: Callable[[float], None],
    notify: Notify,
) -> None:
    """Watch who holds a part of a stream, by its ends in the ledger, until nobody does or nothing comes.

    ``find_committed`` returns what changes with whatever the holder commits.

    Raises
    ------
    SupersededError
        When the holder still commits: that of ``build_refusal``.
    """
    first = read()
    holder = find_holder(first)
    if holder is None:
        return
    notify(f"{holder} has this stream; watching for up to {WATCH_SECONDS:g} seconds whether it commits")
    deadline = time.monotonic() + WATCH_SECONDS
    while time.monotonic() < deadline:
        pause(_LOOK_SECONDS)
        now = read()
        if find_holder(now) is None:
            return
        if find_committed(now) != find_committed(first):
            raise build_refusal(now)
    notify(f"{holder} has committed nothing for {WATCH_SECONDS:g} seconds; taking the stream over from it")


def _committed(tail: Tail) -> tuple[str | None, int | None]:
    """Return what changes with whatever a run commits."""
    return (
        tail.tip.block_hash if tail.tip else None,
        tail.newest.offset if tail.newest else None,
    )


def _build_refusal(tail: Tail) -> SupersededError:
    claim = tail.newest.claim if tail.newest else None
    tip = f", now at block {tail.tip.block_number}" if tail.tip else ""
    return SupersededError(
        f"run {claim.run if claim else 'unknown'} follows this stream{tip}: two runs cannot write one stream",
        hint="leave it to that run, or stop it first: ethlogs stop, or Ctrl-C where it runs; --replace takes"
        " the stream over from it",
    )

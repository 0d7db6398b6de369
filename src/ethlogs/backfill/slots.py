"""All slots at once: claimed when a backfill begins to write, and released when it ends on purpose.

Every slot has the run's claim before its first task, so that an older run finds it wherever it works next,
and ends. Taking a slot also ends the transaction that a lost or cancelled task has left open.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from msgspec.structs import replace

from ethlogs.backfill.ends import EndsReader
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import EthlogsError
from ethlogs.follow.ownership import check_not_superseded
from ethlogs.ledger import Claim
from ethlogs.settings import RunSettings
from ethlogs.stream.claim import LedgerPartition, Owner, take_partition
from ethlogs.stream.identity import check_identity
from ethlogs.stream.tail import Tail

_AT_ONCE = 8


class Claiming:
    """Takes a slot from the runs that are known to be older, and from nobody else."""

    def __init__(self, claim: Claim, older: Collection[str]) -> None:
        self._claim = claim
        self._older = older

    def check(self, tail: Tail) -> None:
        """Raise where a newer run or a later attempt has the slot, or it is one of another stream."""
        newest = tail.newest
        check_identity(newest.claim if newest else None, self._claim.identity)
        if newest is not None and newest.claim.run not in self._older:
            check_not_superseded(newest, self._claim.run, self._claim.attempt, 0)

    def decide(self, tail: Tail) -> Claim:
        """Return the run's claim."""
        self.check(tail)
        return self._claim

    def wait_until_free(self) -> None:
        """Wait for nobody."""


class Releasing:
    """Takes a slot that is still the run's own, only to say that it is free."""

    def __init__(self, run: str, attempt: int) -> None:
        self._run = run
        self._attempt = attempt

    def check(self, _tail: Tail) -> None:
        """Allow to look: what is another's is not released."""

    def decide(self, tail: Tail) -> Claim | None:
        """Return the released claim, where the newest one is this attempt's."""
        newest = tail.newest
        if newest is None or newest.claim.released:
            return None
        if (newest.claim.run, newest.claim.attempt) != (self._run, self._attempt):
            return None
        return replace(newest.claim, released=True, repeats=newest.taken_at)

    def wait_until_free(self) -> None:
        """Wait for nobody."""


def claim_slots(
    settings: RunSettings, claim: Claim, partitions: Sequence[int], older: Collection[str], stop: StopSwitch
) -> dict[int, int]:
    """Claim slots for a run; returns the offset behind each claim: a claim from there on is a newer run's.

    The first slot is claimed before the others: of two runs that start at once, the one that comes second
    ends there. Otherwise each could take some slots from the other, and both would end.

    Parameters
    ----------
    older : the runs that this one takes over from.

    Raises
    ------
    EthlogsError
        When one of them cannot be had.
    """

    def take(number: int) -> tuple[int, int]:
        partition = LedgerPartition(settings.kafka, settings.stream, number)
        with take_partition(partition, Claiming(claim, older), stop) as taken:
            if taken is None:
                raise AssertionError("a claim is always made")
            return number, taken.claimed.offset + 1

    first = take(partitions[0])
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="claim") as threads:
        return dict([first, *threads.map(take, partitions[1:])])


def release_slots(settings: RunSettings, attempt: int, reader: EndsReader) -> None:
    """Release every slot that the run has; where that fails, the next run watches first."""
    with contextlib.suppress(EthlogsError):
        releasing = Releasing(settings.run, attempt)
        own = [
            number
            for number, tail in reader.read().slot_tails.items()
            if not tail.stable or releasing.decide(tail) is not None
        ]
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="release") as threads:
            list(threads.map(partial(_release, settings, releasing), own))


def _release(settings: RunSettings, releasing: Owner, number: int) -> None:
    partition = LedgerPartition(settings.kafka, settings.stream, number)
    # The run has been asked to stop: what ends its waits must not end this.
    with contextlib.suppress(EthlogsError), take_partition(partition, releasing, StopSwitch()):
        pass

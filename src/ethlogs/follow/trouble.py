"""Bearing with Kafka: what fails is tried again, until the patience of the settings is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ethlogs.backoff import Backoff
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import KafkaUnavailableError
from ethlogs.run.journal import Journal
from ethlogs.run.waiting import Waiting, look_at_trouble

FIRST_CONTACT_SECONDS = 30.0
"""A broker that has never answered is more often a wrong address than a broker that restarts."""

T = TypeVar("T")


class KafkaTrouble:
    """One trouble with Kafka, from its first failure until :meth:`over`.

    It is over when a transaction is committed, and also when the stream was taken again and nothing is left
    to commit: on a quiet chain the next failure, hours later, is another trouble.
    """

    def __init__(self, patience_seconds: float, stop: StopSwitch, journal: Journal) -> None:
        first_seconds = patience_seconds if journal.has_begun else FIRST_CONTACT_SECONDS
        self._patience_seconds = min(patience_seconds, first_seconds)
        self._later_patience_seconds = patience_seconds
        self._stop = stop
        self._journal = journal
        self._backoff = Backoff()
        self._why = ""
        journal.watch_waits(lambda: self.waiting)

    @property
    def waiting(self) -> Waiting | None:
        """What the run waits for; ``None`` where Kafka works."""
        return look_at_trouble(self._backoff, self._why, self._patience_seconds)

    def over(self) -> None:
        """Kafka did what it was asked to."""
        self._backoff.reset()
        self._patience_seconds = self._later_patience_seconds

    def after(self, exc: KafkaUnavailableError) -> None:
        """Wait before the next try.

        Raises
        ------
        KafkaUnavailableError
            When the patience is over.
        """
        self._journal.meter.counters.retries += 1
        self._why = str(exc)
        if self._backoff.failing_seconds > self._patience_seconds:
            raise KafkaUnavailableError(
                f"{exc}; no success for {self._patience_seconds:g} seconds",
                hint=exc.hint
                or "is Kafka running, and is --bootstrap-server right? What was committed stays",
            ) from exc
        if self._backoff.tries == 0:
            self._journal.notify(f"{exc}; trying again for up to {self._patience_seconds:g} seconds")
        self._backoff.wait(self._stop.pause)

    def until_success(self, function: Callable[[], T]) -> T:
        """Call until it does not fail for want of Kafka."""
        while True:
            try:
                result = function()
            except KafkaUnavailableError as exc:
                self.after(exc)
            else:
                self.over()
                return result

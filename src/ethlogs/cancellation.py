"""Ending a run on purpose: a signal, a request through the run folder, or the deadline."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator

from ethlogs.errors import DeadlineError, EthlogsError, InterruptedRunError, LostContainerError

GO_ON = "what was committed stays; run the same command again to resume after it"
AGAIN = "no stream was written to; run the same command again"


class Terminated(KeyboardInterrupt):
    """SIGTERM, where a command has not taken it: whatever cleans up after Ctrl-C does so here too."""


class OutOfTime(KeyboardInterrupt):
    """The end of a :func:`time_limit`, on its way out through what cleans up after Ctrl-C."""


class StopSwitch:
    """Told once to stop, from any thread; every wait of a run goes through :meth:`pause`."""

    def __init__(
        self, timeout_seconds: float | None = None, hint: str = GO_ON, gone_seconds: float = 0.0
    ) -> None:
        """Earlier attempts took ``gone_seconds`` of the time."""
        self.hint = hint
        """What to do after an early end."""
        self._event = threading.Event()
        self._linked: list[threading.Event] = []
        self._signal_number: int = signal.SIGTERM
        self._why = ""
        self._error: EthlogsError | None = None
        self._timeout_seconds = timeout_seconds
        self._deadline = time.monotonic() + timeout_seconds - gone_seconds if timeout_seconds else None

    def request(self, signal_number: int, why: str) -> None:
        """Ask the run to end after the current block; the first request is the one that counts."""
        if not self._event.is_set():
            self._signal_number, self._why = signal_number, why
            self._set()

    def fail(self, error: EthlogsError) -> None:
        """Ask the run to end with ``error``: something that it needs is gone."""
        if not self._event.is_set():
            self._error = error
            self._set()

    @property
    def requested(self) -> bool:
        """Whether the run should end as soon as nothing is half-done."""
        return self._event.is_set() or self._is_late()

    def check(self) -> None:
        """Raise where the run should end now.

        Raises
        ------
        EthlogsError
            After :meth:`fail`, as given there.
        InterruptedRunError
            After :meth:`request`.
        DeadlineError
            When the time of the run is over.
        """
        if self._error is not None:
            raise self._error
        if self._event.is_set():
            raise InterruptedRunError(self._why, signal_number=self._signal_number, hint=self.hint)
        if self._is_late():
            raise DeadlineError(
                f"the run did not end within --timeout {self._timeout_seconds:g} seconds",
                hint=self.hint,
            )

    def link(self, event: threading.Event) -> None:
        """Set ``event`` too when the run should end, so that :meth:`pause_until` can wait for it."""
        self._linked.append(event)
        if self._event.is_set():
            event.set()

    def pause(self, seconds: float) -> None:
        """Sleep, but no longer than until the run should end; then :meth:`check`."""
        self._event.wait(self._limit(seconds))
        self.check()

    def pause_until(self, wake: threading.Event, seconds: float) -> None:
        """Sleep as :meth:`pause` does; ``wake``, an event of :meth:`link`, ends the sleep early."""
        if not self._event.is_set():
            wake.wait(self._limit(seconds))
        self.check()

    def _limit(self, seconds: float) -> float:
        if self._deadline is None:
            return seconds
        return min(seconds, max(0.0, self._deadline - time.monotonic()))

    def _set(self) -> None:
        self._event.set()
        for event in self._linked:
            event.set()

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline


def stop_on_signals(switch: StopSwitch) -> None:
    """Turn SIGINT and SIGTERM, which are the user's, into a request; call it on the main thread."""
    _handle_signals(lambda name, number: switch.request(number, f"interrupted by {name}"))


def lose_container_on_signals(switch: StopSwitch) -> None:
    """Turn SIGINT and SIGTERM in a container into its loss; call it on the main thread.

    YARN ends a container by SIGTERM, and by SIGKILL 250 ms later: for another queue's sake, when the node
    leaves the cluster, when the container has used too much memory. The user asks through the run folder.
    """
    _handle_signals(lambda name, _number: switch.fail(lost_container(f"it received {name}")))


def lost_container(how: str) -> LostContainerError:
    """The error of a driver whose container is taken away."""
    return LostContainerError(
        f"the driver's container was ended from outside: {how}",
        hint="YARN starts the next attempt, which resumes after what was committed; where there is none, run"
        " the same command again",
    )


def _handle_signals(act: Callable[[str, int], None]) -> None:
    def handle(number: int, _frame: object) -> None:
        act(signal.Signals(number).name, number)

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)


@contextlib.contextmanager
def time_limit(seconds: float | None, doing: str) -> Iterator[None]:
    """Break off what the main thread does when the time of ``--timeout`` is over, wherever it waits.

    Another thread cannot be broken off: it has no limit.

    Raises
    ------
    DeadlineError
        Naming what was broken off.
    """

    def handle(_number: int, _frame: object) -> None:
        raise OutOfTime

    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3))
    try:
        yield
    except OutOfTime:
        raise DeadlineError(
            f"{doing} did not end within --timeout {seconds:g} seconds",
            hint="give it more time; what is done of it already is not done again",
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)

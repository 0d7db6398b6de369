"""Ending a run on purpose."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from ethlogs.cancellation import StopSwitch, lose_container_on_signals, stop_on_signals, time_limit
from ethlogs.errors import (
    DeadlineError,
    ExitStatus,
    InterruptedRunError,
    KerberosError,
    LostContainerError,
)


@pytest.fixture
def restored_signals() -> Iterator[None]:
    earlier = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in earlier.items():
        signal.signal(number, handler)


def test_a_run_that_nobody_stops_goes_on() -> None:
    stop = StopSwitch(timeout_seconds=3600)
    stop.pause(0.001)
    stop.check()
    assert not stop.requested


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, ExitStatus.SIGINT), (signal.SIGTERM, ExitStatus.SIGTERM)]
)
def test_a_request_ends_the_run_with_the_signals_status(number: int, status: ExitStatus) -> None:
    stop = StopSwitch()
    stop.request(number, "asked to")
    assert stop.requested
    with pytest.raises(InterruptedRunError, match="asked to") as caught:
        stop.check()
    assert caught.value.exit_status == status


def test_the_first_request_counts() -> None:
    stop = StopSwitch()
    stop.request(signal.SIGINT, "first")
    stop.request(signal.SIGTERM, "second")
    with pytest.raises(InterruptedRunError, match="first") as caught:
        stop.check()
    assert caught.value.exit_status == ExitStatus.SIGINT


def test_the_deadline_ends_the_run() -> None:
    stop = StopSwitch(timeout_seconds=0.001)
    with pytest.raises(DeadlineError, match=r"within --timeout 0\.001 seconds"):
        stop.pause(3600)
    assert stop.requested


def test_a_request_wakes_a_pause() -> None:
    stop = StopSwitch()
    threading.Timer(0.05, stop.request, (signal.SIGTERM, "asked to")).start()
    with pytest.raises(InterruptedRunError):
        stop.pause(3600)


@pytest.mark.usefixtures("restored_signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_a_request(number: signal.Signals) -> None:
    stop = StopSwitch()
    stop_on_signals(stop)
    os.kill(os.getpid(), number)
    with pytest.raises(InterruptedRunError, match=f"interrupted by {number.name}") as caught:
        stop.check()
    assert caught.value.exit_status == 128 + number


def test_a_run_whose_ground_is_gone_ends_with_that_error() -> None:
    switch = StopSwitch()
    error = KerberosError("the ticket has expired")
    switch.fail(error)
    assert switch.requested
    with pytest.raises(KerberosError, match="the ticket has expired"):
        switch.pause(10)


def test_a_failure_after_a_request_is_not_the_reason() -> None:
    switch = StopSwitch()
    switch.request(signal.SIGTERM, "interrupted")
    switch.fail(KerberosError("later"))
    with pytest.raises(InterruptedRunError, match="interrupted"):
        switch.check()


def test_a_time_limit_breaks_off_whatever_waits_and_leaves_no_alarm() -> None:
    said = r"packing did not end within --timeout 0\.05 seconds"
    with pytest.raises(DeadlineError, match=said), time_limit(0.05, "packing"):
        threading.Event().wait()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


@pytest.mark.parametrize("seconds", [None, 3600.0])
def test_what_ends_in_time_is_left_alone(seconds: float | None) -> None:
    with time_limit(seconds, "packing"):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("restored_signals")
def test_a_signal_in_a_container_is_its_loss_and_not_the_users_wish(number: signal.Signals) -> None:
    stop = StopSwitch()
    lose_container_on_signals(stop)
    os.kill(os.getpid(), number)
    with pytest.raises(LostContainerError, match=f"ended from outside: it received {number.name}") as caught:
        stop.check()
    assert caught.value.hint is not None
    assert "YARN starts the next attempt" in caught.value.hint

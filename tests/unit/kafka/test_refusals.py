"""Which of the failures that kafka-python only logs is taken for the reason."""

from __future__ import annotations

import logging
from typing import Final

import pytest
from kafka.errors import (
    KafkaConnectionError,
    KafkaTimeoutError,
    RequestTimedOutError,
    SaslAuthenticationFailedError,
)

from ethlogs.kafka import refusals
from ethlogs.kafka.internals import CONNECTION_LOGGER
from ethlogs.kafka.refusals import last_failure

CLOSED: Final[Exception] = KafkaConnectionError("socket disconnected")
REFUSED: Final[Exception] = SaslAuthenticationFailedError("invalid credentials")
SLOW: Final[Exception] = RequestTimedOutError("Request timed out after 62 ms")
UNREACHABLE: Final[Exception] = KafkaConnectionError("Connect failed: connection refused")


@pytest.fixture(autouse=True)
def nothing_failed_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals._LAST, "_failure", None)


def log(failure: BaseException) -> None:
    """As kafka-python does it for a connection that failed."""
    logging.getLogger(CONNECTION_LOGGER).warning(
        "Bootstrap connection to %s failed: %s", "bootstrap-0", failure
    )


def test_the_newest_failure_is_the_reason() -> None:
    log(REFUSED)
    log(UNREACHABLE)
    assert last_failure() is UNREACHABLE


@pytest.mark.parametrize("silent", [CLOSED, SLOW])
def test_a_connection_without_an_answer_does_not_hide_a_reason(silent: Exception) -> None:
    log(silent)
    assert last_failure() is silent
    log(REFUSED)
    log(silent)
    assert last_failure() is REFUSED


def test_a_reason_of_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        later.setattr(refusals, "_RECENT_SECONDS", 0.0)
        log(REFUSED)
        assert last_failure() is None
        log(CLOSED)
    assert last_failure() is CLOSED


def test_that_the_time_is_over_is_no_reason() -> None:
    log(REFUSED)
    log(KafkaTimeoutError("Unable to bootstrap"))
    assert last_failure() is REFUSED

"""The reason of a broker's refusal: kafka-python only logs it, and continues trying."""

from __future__ import annotations

import logging
import threading
import time

from kafka.errors import KafkaTimeoutError, RequestTimedOutError

from ethlogs.kafka.internals import CONNECTION_LOGGER

_RECENT_SECONDS = 30.0
_CLOSED = "socket disconnected"
"""What kafka-python says of a connection that the broker closed without a word."""
UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
"""What TLS says in the text of a connection's error."""


def _says_nothing(failure: BaseException) -> bool:
    """Return whether another failure, a moment before, says more."""
    return isinstance(failure, RequestTimedOutError) or str(failure).endswith(_CLOSED)


class _LastFailure(logging.Handler):
    """Keeps the newest exception with which a first connection failed.

    A busy broker that refuses a login says so on one connection and just closes the next ones, and for the
    last one there is hardly any time left: a reason that is still recent stays.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._lock_of_failure = threading.Lock()
        self._failure: BaseException | None = None
        self._failed_at = float("-inf")

    def emit(self, record: logging.LogRecord) -> None:
        """Take the exception out of a message like 'Bootstrap connection to %s failed: %s (…)'."""
        arguments = record.args if isinstance(record.args, tuple) else ()
        for argument in arguments:
            # That the time is over is what follows from the cause.
            if isinstance(argument, BaseException) and not isinstance(argument, KafkaTimeoutError):
                self._keep(argument)

    def _keep(self, failure: BaseException) -> None:
        with self._lock_of_failure:
            is_recent = time.monotonic() - self._failed_at < _RECENT_SECONDS
            if self._failure is None or not is_recent or not _says_nothing(failure):
                self._failure, self._failed_at = failure, time.monotonic()

    def recent(self) -> BaseException | None:
        """The newest, where it is not an old story."""
        with self._lock_of_failure:
            return self._failure if time.monotonic() - self._failed_at < _RECENT_SECONDS else None


_LAST = _LastFailure()
logging.getLogger(CONNECTION_LOGGER).addHandler(_LAST)


def last_failure() -> BaseException | None:
    """Return why the newest attempt of this process to connect to a broker failed."""
    return _LAST.recent()

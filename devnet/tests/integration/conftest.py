"""What the devnet's tests with real services need of pytest."""

from __future__ import annotations

import signal

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Let the programs that are started here be interrupted, also where pytest runs in the background:
    a signal that is ignored stays ignored in every child.

    kafka-python leaves a socket to the collector where close() cancels a refresh of its metadata. One whose
    broker was killed has no remote address any more.
    """
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket.socket .*raddr=:ResourceWarning")
    reset = "ignore:unclosed <socket.socket .*laddr=.'127.0.0.1', [0-9]+.>:ResourceWarning"
    config.addinivalue_line("filterwarnings", reset)
    # an HTTP answer that is left half read keeps its closed socket until it is collected
    config.addinivalue_line("filterwarnings", r"ignore:unclosed <socket.socket \[closed\] :ResourceWarning")
    signal.signal(signal.SIGINT, signal.default_int_handler)

"""A call to a JVM that is interrupted: Ctrl-C, SIGTERM or a deadline.

The JVM is a port that answers nothing, and the interruption is raised where it strikes: a JVM takes seconds.
"""

from __future__ import annotations

import logging
import socket
from typing import Any

import pytest
from py4j.java_gateway import GatewayConnection, GatewayParameters

from ethlogs.cancellation import OutOfTime, Terminated
from ethlogs.hadoop.gateway import InterruptibleGateway
from tests.unit.tcp_server import tcp_server


def stay_silent(connection: socket.socket) -> None:
    connection.recv(1)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, Terminated, OutOfTime])
def test_an_interruption_of_a_call_is_seen_as_what_it_is(
    interruption: type[KeyboardInterrupt],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def interrupt(*_: Any) -> str:
        raise interruption

    monkeypatch.setattr(GatewayConnection, "send_command", interrupt)
    with tcp_server(stay_silent) as server:
        gateway = InterruptibleGateway(gateway_parameters=GatewayParameters(port=int(server.split(":")[1])))
        with caplog.at_level(logging.DEBUG), pytest.raises(interruption):
            gateway.jvm.java.lang.System.nanoTime()
    assert caplog.text == ""

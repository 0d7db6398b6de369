"""py4j's connection to a JVM, which survives that a call is interrupted.

py4j answers a KeyboardInterrupt by a method that only another kind of its connections has, so that Ctrl-C,
SIGTERM and a deadline would end in an AttributeError, and it prints a traceback by the root logger.
"""

from __future__ import annotations

import logging
from pathlib import Path

import py4j
from py4j.java_gateway import GatewayClient, GatewayConnection, JavaGateway

_PY4J = str(Path(py4j.__file__).parent)


class _Connection(GatewayConnection):  # type: ignore[misc]  # py4j has no types
    """A connection that is closed when a call on it is interrupted: its answer would be the next call's."""

    def shutdown_socket(self, _remote_port: int, _local_port: int) -> None:
        """Close it; what the JVM does meanwhile ends by itself, or with the JVM."""
        self.close()


class _Client(GatewayClient):  # type: ignore[misc]  # py4j has no types
    def _create_connection(self) -> _Connection:
        connection = _Connection(self.gateway_parameters, self.gateway_property)
        connection.start()
        return connection


class InterruptibleGateway(JavaGateway):  # type: ignore[misc]  # py4j has no types
    """A gateway whose calls can be interrupted; others work afterwards."""

    def _create_gateway_client(self) -> _Client:
        silence_py4j()
        return _Client(gateway_parameters=self.gateway_parameters)


def silence_py4j() -> None:
    """Let nothing of py4j's be logged: at every failure it prints tracebacks, and the errors say it all."""
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    root = logging.getLogger()
    if _is_not_py4js not in root.filters:
        root.addFilter(_is_not_py4js)


def _is_not_py4js(record: logging.LogRecord) -> bool:
    return str(Path(record.pathname).parent) != _PY4J

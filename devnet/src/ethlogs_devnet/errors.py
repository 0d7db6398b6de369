"""What goes wrong when services are fetched, started or asked.

DevnetError            a service cannot be had, started or kept
├─ MissingToolError    a program that must be installed first (exit status 3)
├─ NodeUnreachableError  geth did not answer (it may be dead, frozen or starting)
└─ NodeRpcError        geth answered with a JSON-RPC error
"""

from __future__ import annotations


class DevnetError(Exception):
    """A service cannot be had, started or kept; ``hint`` says what to do."""

    exit_status = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class MissingToolError(DevnetError):
    """A program that has to be installed first; ``hint`` is the command that installs it."""

    exit_status = 3


class NodeUnreachableError(DevnetError):
    """geth did not answer: it is dead, frozen, or not up yet."""


class NodeRpcError(DevnetError):
    """geth answered with a JSON-RPC error object."""

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"{method}: {message} ({code})")
        self.code = code

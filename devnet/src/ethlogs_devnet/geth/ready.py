"""Waiting for a node that is starting."""

from __future__ import annotations

import time

from ethlogs_devnet.errors import NodeRpcError, NodeUnreachableError
from ethlogs_devnet.geth.rpc import JsonRpc
from ethlogs_devnet.process import ServiceProcess

_START_SECONDS = 60.0
_LOOK_SECONDS = 0.03
_ANSWER_SECONDS = 2.0


def wait_until_answering(process: ServiceProcess, http: JsonRpc) -> None:
    """Return when the node answers; raise DevnetError where it ends before, or never answers."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if not process.is_alive():
            raise process.failure("ended while it was starting")
        try:
            http.call("eth_chainId", timeout_seconds=_ANSWER_SECONDS)
            return
        except (NodeUnreachableError, NodeRpcError):
            time.sleep(_LOOK_SECONDS)
    process.kill()
    raise process.failure(f"did not answer within {_START_SECONDS:.0f} s")

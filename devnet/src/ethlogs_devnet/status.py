"""What ``ethlogs-devnet status`` shows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ethlogs_devnet.errors import NodeRpcError, NodeUnreachableError
from ethlogs_devnet.geth.rpc import JsonRpc
from ethlogs_devnet.state import DevnetState, read_state


@dataclass(frozen=True)
class ServiceStatus:
    """One service; ``head`` is the latest block's number (geth only, None where it does not answer)."""

    name: str
    up: bool
    pid: int
    ports: list[int]
    head: int | None


@dataclass(frozen=True)
class DevnetStatus:
    """A devnet and its services; it is up when its supervisor and each service run."""

    up: bool
    state: str
    services: list[ServiceStatus]
    environment: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    def to_lines(self) -> list[str]:
        """Return it as lines for people."""
        if not self.services:
            return [f"not up in {self.state}"]
        return [_to_line(service) for service in self.services]


def fetch_status(folder: Path) -> DevnetStatus:
    """Return how the devnet of ``folder`` is doing."""
    state = read_state(folder)
    if state is None:
        return DevnetStatus(False, str(folder), [], {})
    services = [_fetch_service(name, state) for name in state.services]
    up = state.is_up() and all(service.up for service in services)
    return DevnetStatus(up, str(folder), services, state.environment)


def _fetch_service(name: str, state: DevnetState) -> ServiceStatus:
    service = state.services[name]
    up = service.process.is_running()
    head = _fetch_head(state.environment["ETHLOGS_NODE_URL"]) if up and name == "geth" else None
    return ServiceStatus(name, up, service.process.pid, service.ports, head)


def _fetch_head(url: str) -> int | None:
    try:
        return int(JsonRpc(url).call("eth_blockNumber", timeout_seconds=5.0), 16)
    except (NodeUnreachableError, NodeRpcError):
        return None


def _to_line(service: ServiceStatus) -> str:
    ports = ", ".join(map(str, service.ports))
    head = "" if service.head is None else f"  head block {service.head}"
    return (
        f"{service.name:<6} {'up' if service.up else 'ended':<6} process {service.pid}  ports {ports}{head}"
    )

"""Free TCP ports on the loopback address.

Ports are taken from below the kernel's ephemeral range. A port inside that range can be lost while
its service is down: a client that keeps reconnecting to it may be given it as its own source port.
"""

from __future__ import annotations

import random
import socket
from pathlib import Path

from ethlogs_devnet.errors import DevnetError

LOOPBACK = "127.0.0.1"
_LOWEST = 15_000
_handed_out: set[int] = set()  # a service that is to start, or that was killed, does not hold its ports
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def find_free_ports(count: int) -> list[int]:
    """Return ``count`` ports that nothing listens on and that were not returned before."""
    candidates = list(range(_LOWEST, _ephemeral_start()))
    random.shuffle(candidates)
    found: list[int] = []
    for port in candidates:
        if len(found) == count:
            _handed_out.update(found)
            return found
        if port not in _handed_out and is_free(port):
            found.append(port)
    raise DevnetError(f"there are no {count} free ports from {_LOWEST} on")


def is_free(port: int) -> bool:
    """Tell whether ``port`` can be bound on the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _ephemeral_start() -> int:
    try:
        start = int(_EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError):
        start = 32_768
    return start if start > _LOWEST + 1_000 else 65_536

"""Free TCP ports on the loopback address, each held by one process of this user until that ends.

A service that is to start, or that was killed, does not listen on its ports: another devnet must not be
given them meanwhile. So a port is a locked file, too.

Ports are taken from below the kernel's ephemeral range. A port inside that range can be lost while
its service is down: a client that keeps reconnecting to it may be given it as its own source port.
"""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

from ethlogs_devnet.errors import DevnetError

LOOPBACK = "127.0.0.1"
_LOWEST = 15_000
_held: dict[int, int] = {}
"""The descriptor of each port's file, which is open until this process ends."""
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def find_free_ports(count: int) -> list[int]:
    """Return ``count`` ports that nothing listens on and that no other devnet has."""
    candidates = list(range(_LOWEST, _ephemeral_start()))
    random.shuffle(candidates)
    found: list[int] = []
    for port in candidates:
        if len(found) == count:
            return found
        if port not in _held and is_free(port) and _hold(port):
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


def _hold(port: int) -> bool:
    """Lock a port's file for as long as this process lives; whether nobody else has."""
    folder = Path(tempfile.gettempdir()) / f"ethlogs-devnet-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder / str(port), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _held[port] = descriptor
    return True


def _ephemeral_start() -> int:
    try:
        start = int(_EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError):
        start = 32_768
    return start if start > _LOWEST + 1_000 else 65_536

"""What a devnet that is up is made of: a file in its state folder that survives a crash."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from ethlogs_devnet.errors import DevnetError

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_CONTENT = (
    "geth",
    "kafka",
    "hadoop",
    "kdc",
    "livy",
    "conda-env.yml",
    "requests",
    "supervisor.log",
    "state.json",
)


def default_state_dir() -> Path:
    """Return ``$ETHLOGS_DEVNET_STATE``, else ``ethlogs-devnet`` in the user's state folder."""
    if given := os.environ.get("ETHLOGS_DEVNET_STATE"):
        return Path(given)
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "ethlogs-devnet"


@dataclass(frozen=True)
class ProcessIdentity:
    """One process, told apart from a later one with the same id: by its start time and the boot."""

    pid: int
    start_ticks: int
    boot_id: str

    @classmethod
    def of(cls, pid: int) -> Self:
        """Return the identity of a running process."""
        ticks = _start_ticks(pid)
        if ticks is None:
            raise DevnetError(f"process {pid} has ended")
        return cls(pid, ticks, _BOOT_ID.read_text().strip())

    def is_running(self) -> bool:
        """Tell whether this very process still runs."""
        return self.boot_id == _BOOT_ID.read_text().strip() and _start_ticks(self.pid) == self.start_ticks

    def end(self, timeout_seconds: float) -> None:
        """Send SIGTERM, and SIGKILL once ``timeout_seconds`` have passed; return when it is gone."""
        self._send(signal.SIGTERM)
        deadline = time.monotonic() + timeout_seconds
        while self.is_running():
            if time.monotonic() > deadline:
                self._send(signal.SIGKILL)
            time.sleep(0.05)

    def _send(self, number: signal.Signals) -> None:
        if self.is_running():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


@dataclass(frozen=True)
class ServiceState:
    """A service of a devnet that is up."""

    process: ProcessIdentity
    ports: list[int]


@dataclass(frozen=True)
class DevnetState:
    """A devnet that is up."""

    supervisor: ProcessIdentity
    services: dict[str, ServiceState]
    environment: dict[str, str]
    options: dict[str, Any] = field(default_factory=dict)
    """What it was asked to be, by the names of DevnetOptions."""
    format: int = field(default=1)

    def is_up(self) -> bool:
        """Tell whether its supervisor runs."""
        return self.supervisor.is_running()


class RunningService(Protocol):
    """What the state of a service is read from."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""

    @property
    def ports(self) -> list[int]:
        """The ports that it listens on."""


def build_state(
    services: Iterable[RunningService], environment: dict[str, str], options: dict[str, Any]
) -> DevnetState:
    """Return the state of a devnet that is up in this very process."""
    states = {one.name: ServiceState(ProcessIdentity.of(one.pid or 0), one.ports) for one in services}
    return DevnetState(ProcessIdentity.of(os.getpid()), states, environment, options)


def read_state(folder: Path) -> DevnetState | None:
    """Return the state in ``folder``; None where there is none, or none that can be read."""
    try:
        raw = json.loads((folder / "state.json").read_text())
        services = {
            name: ServiceState(ProcessIdentity(**service["process"]), service["ports"])
            for name, service in raw["services"].items()
        }
        supervisor = ProcessIdentity(**raw["supervisor"])
        return DevnetState(supervisor, services, raw["environment"], raw.get("options", {}), raw["format"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_state(folder: Path, state: DevnetState) -> None:
    """Write the state in one step: a reader never sees half of it."""
    temporary = folder / ".state.json"
    temporary.write_text(json.dumps(asdict(state), indent=1))
    temporary.rename(folder / "state.json")


def remove_state(folder: Path, *, keep_data: bool = False) -> None:
    """Remove what a devnet put into ``folder``; with ``keep_data`` only the note that it runs."""
    for name in ("state.json",) if keep_data else _CONTENT:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def clean_stale(folder: Path) -> bool:
    """End and remove what a devnet left behind that is not up any more; tell whether there was one."""
    if not (folder / "state.json").exists():
        return False
    state = read_state(folder)
    for service in state.services.values() if state is not None else ():
        service.process.end(timeout_seconds=0.0)
    remove_state(folder)
    return True


@contextmanager
def locked_state(folder: Path) -> Iterator[None]:
    """Create the folder (0700) and hold its lock: one ``up`` or ``down`` at a time."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start_ticks(pid: int) -> int | None:
    """Return when a process started, in clock ticks since boot; None where it has ended (zombies have)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])

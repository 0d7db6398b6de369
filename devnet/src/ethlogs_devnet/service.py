"""What every service can do: be started and ended, and, where it is one process, be killed and frozen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from ethlogs_devnet.process import ServiceProcess


class Service(ABC):
    """Runs from :meth:`start` to :meth:`stop`, or for as long as it is entered as a context manager."""

    @abstractmethod
    def start(self) -> None:
        """Start it and wait until it serves."""

    @abstractmethod
    def stop(self) -> None:
        """End it."""

    def restart(self) -> None:
        """Start it again on the same ports and data, after a kill or while it runs."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class OneProcess(Service):
    """A service that is one process."""

    _process: ServiceProcess

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid

    def stop(self) -> None:
        """End it gently."""
        self._process.stop()

    def kill(self) -> None:
        """End it at once by SIGKILL, as when a machine fails."""
        self._process.kill()

    def freeze(self) -> None:
        """SIGSTOP: connections are accepted by the kernel and never answered."""
        self._process.freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        self._process.thaw()

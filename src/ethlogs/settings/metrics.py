"""Settings of metrics: where they are served, and how fresh they are."""

from __future__ import annotations

import contextlib
import ipaddress
from dataclasses import dataclass
from typing import ClassVar

from ethlogs.settings.kinds import Kind, Seconds, Text
from ethlogs.settings.option import Heading, OptionGroup, option, repeated
from ethlogs.settings.stream import StreamSettings


@dataclass(frozen=True)
class Address:
    """The address of a listener."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_everywhere(self) -> bool:
        """Whether it is every address of its machine, so not one by which another machine can call it."""
        return self.host in ("0.0.0.0", "::")  # noqa: S104 - only compared

    @property
    def is_loopback(self) -> bool:
        """Whether only its own machine can call it."""
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return self.host == "localhost"


@dataclass(frozen=True)
class HostPort(Kind[Address]):
    """``HOST:PORT``; a host that has colons is written as ``[HOST]``."""

    metavar: str = "HOST:PORT"

    def parse(self, text: str) -> Address:
        """Split at the last colon. No host would mean every network that this machine is in."""
        host, _, port = text.strip().rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
            raise ValueError(f"{text!r} is not of the form HOST:PORT")
        return Address(host, int(port))


@dataclass(frozen=True)
class ExporterOptions(OptionGroup):
    """The exporter's address, and the time between its looks."""

    heading: ClassVar[Heading] = "Metrics"
    listen: Address = option(
        "--listen",
        HostPort(),
        "Address on which Prometheus scrapes the exporter; 0.0.0.0:PORT opens it to other machines.",
        default=Address("127.0.0.1", 9735),
    )
    interval: float = option(
        "--interval", Seconds(min=0.1), "Time between two looks at ledgers and nodes.", default=10.0
    )


@dataclass(frozen=True)
class DriverMetricsOptions(OptionGroup):
    """The address of a driver's metrics."""

    heading: ClassVar[Heading] = "Metrics"
    listen: Address | None = option(
        "--metrics-listen",
        HostPort(),
        "Address on which the driver serves Prometheus metrics of its run and its stream; 0.0.0.0:0 opens a"
        " free port to other machines, which status names. [default: none]",
    )


@dataclass(frozen=True)
class TopicsOptions(OptionGroup):
    """The streams of a command that takes several; the key ``topic`` is that of the others."""

    heading: ClassVar[Heading] = "Stream"
    topics: tuple[str, ...] = repeated(
        "--topic", Text("TOPIC"), "Event-log topic of a stream. Repeatable. [default: eth_eventlogs]"
    )

    @property
    def streams(self) -> tuple[StreamSettings, ...]:
        """Return the streams, each once."""
        return tuple(StreamSettings(topic) for topic in dict.fromkeys(self.topics)) or (StreamSettings(),)

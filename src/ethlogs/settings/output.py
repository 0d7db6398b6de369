"""Settings of what a command prints, and of the limits that it observes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ethlogs.settings.kinds import Count, Seconds
from ethlogs.settings.option import Heading, OptionGroup, option, switch


@dataclass(frozen=True)
class TimeoutOptions(OptionGroup):
    """The time limit of a run."""

    heading: ClassVar[Heading] = "Limits"
    timeout: float | None = option(
        "--timeout", Seconds(above=True), "Time after which the command ends with status 11. [default: none]"
    )


@dataclass(frozen=True)
class StopOptions(OptionGroup):
    """The time limit of a run's end."""

    heading: ClassVar[Heading] = "Limits"
    stop_timeout: float = option(
        "--stop-timeout", Seconds(), "Time for the driver to end before it is killed.", default=60.0
    )


@dataclass(frozen=True)
class LagOptions(OptionGroup):
    """The limits above which ``status`` ends with status 10."""

    heading: ClassVar[Heading] = "Limits"
    max_lag: int | None = option("--max-lag", Count(), "Lag in blocks above which the exit status is 10.")
    max_age: float | None = option(
        "--max-age", Seconds(), "Age of the tip above which the exit status is 10."
    )


@dataclass(frozen=True)
class VerbosityOptions(OptionGroup):
    """The amount of a command's output."""

    heading: ClassVar[Heading] = "Output"
    verbose: bool = switch(
        "--verbose", "Show tracebacks and the driver's own output.", short="-v", is_setting=False
    )
    quiet: bool = switch("--quiet", "Show only errors on stderr, no progress.", short="-q", is_setting=False)


@dataclass(frozen=True)
class OutputOptions(VerbosityOptions):
    """The form and the amount of a command's output."""

    heading: ClassVar[Heading] = "Output"
    as_json: bool = switch("--json", "Print JSON on stdout.")


@dataclass(frozen=True)
class WatchOptions(OptionGroup):
    """The repetition of ``status``."""

    heading: ClassVar[Heading] = "Output"
    watch: bool = switch("--watch", "Repeat every few seconds until interrupted.", is_setting=False)


@dataclass(frozen=True)
class TailOptions(OptionGroup):
    """The waiting of ``tail`` for more output."""

    heading: ClassVar[Heading] = "Output"
    follow: bool = switch("--follow", "Show new output until the application ends.")


@dataclass(frozen=True)
class CheckOptions(OptionGroup):
    """The places that ``doctor`` checks."""

    heading: ClassVar[Heading] = "YARN"
    in_cluster: bool = switch("--in-cluster", "Check node and Kafka from a YARN container too.")


@dataclass(frozen=True)
class OfflineOptions(OptionGroup):
    """The sides that ``verify`` compares."""

    heading: ClassVar[Heading] = "Node"
    offline: bool = switch("--offline", "Compare the topic with its ledger alone, without a node.")

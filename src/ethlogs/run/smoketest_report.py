"""The report of a smoketest, and its text; the submitter reads it without what the driver needs."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ethlogs.run.report import Tip


class SmoketestReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The end of a smoketest, as report.json and ``--json`` have it."""

    exit_status: int
    verdict: Literal["passed", "failed"]
    error: str | None
    hint: str | None
    run: str
    topic: str
    block: Tip | None
    """The block that was sent."""
    proof: str | None
    logs: int
    bytes: int
    metrics: dict[str, float]
    """kafka-python's metrics of the producer, by its names."""
    seconds: dict[str, float]
    """How long each step took."""

    def to_dict(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


def format_smoketest(report: dict[str, Any], *, with_metrics: bool = False) -> str:
    """Return the report for a person; kafka-python's metrics are for who looks for a cause."""
    return _format(msgspec.convert(report, SmoketestReport), with_metrics)


def _format(report: SmoketestReport, with_metrics: bool) -> str:
    block = report.block
    rows = [
        ("smoketest", report.verdict),
        ("block", f"{block.number}, {block.hash}" if block else "none"),
        ("event logs", _event_logs(report)),
        ("topic", report.topic),
        *((f"{step}, seconds", f"{seconds:.3f}") for step, seconds in report.seconds.items()),
        *((name, f"{value:,g}") for name, value in report.metrics.items() if with_metrics),
        ("exit status", str(report.exit_status)),
    ]
    return "\n".join(f"{name:32}{value}" for name, value in rows)


def _event_logs(report: SmoketestReport) -> str:
    proven = f", proven by {report.proof}" if report.proof else ""
    return f"{report.logs:,}, {report.bytes:,} bytes{proven}"

"""What a command knows when it launches a driver, here or on YARN, and how it tells the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from ethlogs.cli.display import say
from ethlogs.settings import RunSettings
from ethlogs.spark.submit import SparkSettings, SparkSubmit

FormatReport = Callable[[dict[str, Any]], str]


@dataclass(frozen=True)
class Output:
    """How a command talks."""

    as_json: bool
    verbose: bool
    quiet: bool


@dataclass(frozen=True)
class Launch:
    """One run, checked and ready."""

    settings: Callable[[str], RunSettings]
    """The run's settings, given its id."""
    spark: SparkSubmit
    spark_settings: SparkSettings
    java: str
    name: str
    base: Path
    """Where the folders of runs are made on this machine."""
    output: Output


def tell_report(report: dict[str, Any], output: Output, format_report: FormatReport) -> int:
    """Print the driver's report, and its error; returns its exit status."""
    json_text = orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()
    click.echo(json_text if output.as_json else format_report(report))
    status = int(report["exitStatus"])
    if status:
        say(f"error: {report['error']}")
        if report["hint"]:
            say(f"what to do: {report['hint']}")
    return status

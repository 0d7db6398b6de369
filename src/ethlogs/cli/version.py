"""``ethlogs --version``: what a report of a fault needs first."""

from __future__ import annotations

import os
import platform
from importlib import metadata

import click

from ethlogs import __version__
from ethlogs.errors import EthlogsError


def print_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Print the versions and end the command."""
    if wanted and not context.resilient_parsing:
        click.echo(f"ethlogs, version {__version__}")
        click.echo(
            f"Python {platform.python_version()}, kafka-python {_find_version('kafka-python')}, {_spark()}"
        )
        context.exit()


def _find_version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def _spark() -> str:
    # loaded here: ``ethlogs --help`` must be quick
    from ethlogs.spark.submit import find_spark_submit

    try:
        found = find_spark_submit(None, os.environ)
    except EthlogsError as exc:
        return f"no Spark: {exc}"
    return f"Spark {found.version} ({found.path})"

"""A launch whose outcome is printed: the common part of the commands that start a driver."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import click
import orjson

from ethlogs.cli.config_file import config_path
from ethlogs.cli.display import ProgressDisplay
from ethlogs.cli.failure import say_failure
from ethlogs.cli.say import say
from ethlogs.errors import ExitStatus
from ethlogs.job_requests import WantedJob
from ethlogs.notify import Notify
from ethlogs.settings import RunSettings
from ethlogs.submission.console import Console, Outcome
from ethlogs.submission.launch import launch

FormatReport = Callable[[dict[str, Any]], str]


def run_job(wanted: WantedJob, format_report: FormatReport) -> int:
    """Launch a job's driver and print its report; returns the exit status."""
    options, start = wanted.options, wanted.start
    quiet = options.output.quiet
    console = Console(partial(say, quiet=quiet), say, ProgressDisplay(quiet))
    outcome = launch(wanted.request, options, start, console, _look_first)
    if start.dry_run:
        config = config_path(click.get_current_context())
        console.notify(f"config file {config}" if config else "config file: none")
    as_json = options.output.as_json
    if as_json and outcome.started is not None:
        click.echo(_to_json({"run": outcome.started.run, "application": outcome.started.application}))
        return ExitStatus.DONE
    if as_json and outcome.plan is not None:
        click.echo(_to_json(outcome.plan))
        return ExitStatus.DONE
    return _print_outcome(outcome, _to_json if as_json else partial(_to_text, format_report))


def _look_first(settings: RunSettings, warn: Notify | None) -> None:
    """Load what looks when it is needed: a smoketest starts without it."""
    from ethlogs.doctor.first_look import look_first

    look_first(settings, warn)


def _print_outcome(outcome: Outcome, format_report: FormatReport) -> int:
    if outcome.output is not None:
        say(outcome.output)
    if outcome.report is None:
        click.echo(outcome.text)
        return ExitStatus.DONE
    status = _print_report(outcome.report, format_report)
    if outcome.last_lines is not None:
        say(f"the driver's last lines, {outcome.last_lines}")
    return status


def _print_report(report: dict[str, Any], format_report: FormatReport) -> int:
    click.echo(format_report(report))
    status = int(report["exitStatus"])
    if status:
        say_failure(report["error"], report["hint"], status)
    return status


def _to_text(format_report: FormatReport, report: dict[str, Any]) -> str:
    """Format the report; where it could not be written there is only a sentence."""
    return str(report.get("reportMissing") or format_report(report))


def _to_json(report: dict[str, Any]) -> str:
    return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()

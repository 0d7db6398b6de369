"""``ethlogs tail``: the driver's log on YARN."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

import click

from ethlogs.cli.application import ApplicationCommandOptions, open_wanted_application
from ethlogs.cli.command import command
from ethlogs.cli.say import say
from ethlogs.errors import ExitStatus, HadoopError, SubmissionError
from ethlogs.kerberos.spnego import build_headers
from ethlogs.settings.output import TailOptions, VerbosityOptions
from ethlogs.submission.applications import ApplicationHandle

_POLL_SECONDS = 2.0
_AGGREGATION_SECONDS = 30.0


@dataclass(frozen=True)
class TailCommandOptions(ApplicationCommandOptions):
    """The options of ``tail``."""

    tail: TailOptions
    output: VerbosityOptions


@command(TailCommandOptions)
def tail(options: TailCommandOptions) -> int:
    """Show the driver's output: live where its node can be reached, else what YARN has collected.

    Example: ethlogs tail --follow --application application_1700000000000_0001
    """
    with open_wanted_application(options) as (handle, caller), caller.ticket_for_pages():
        application = handle.application
        say(
            f"application {application.id}, {application.state}, attempt {application.attempt}",
            options.output.quiet,
        )
        if options.tail.follow and not application.ended:
            _follow(handle)
        else:
            click.echo(_read_log(handle), nl=False)
    return ExitStatus.DONE


def _follow(handle: ApplicationHandle) -> None:
    shown = ""
    while not handle.hadoop.applications.describe(handle.application.id).ended:
        text = _read_live_log(handle) or ""
        # Another attempt begins another log.
        click.echo(text.removeprefix(shown), nl=False)
        shown = text
        time.sleep(_POLL_SECONDS)


def _read_live_log(handle: ApplicationHandle) -> str | None:
    """Read the running driver's log; YARN may forget its container while it is asked, at the end."""
    with contextlib.suppress(HadoopError):
        return handle.hadoop.applications.read_live_log(handle.application.id, build_headers)
    return None


def _read_log(handle: ApplicationHandle) -> str:
    applications, application = handle.hadoop.applications, handle.application
    if not application.ended:
        live = _read_live_log(handle)
        if live is not None:
            return live
        raise SubmissionError(
            f"the log of the running application {application.id} cannot be read from its node",
            hint="nodes' web ports are often closed: look again when it has ended, or open"
            f" {application.tracking_url}",
        )
    deadline = time.monotonic() + _AGGREGATION_SECONDS
    while time.monotonic() < deadline:
        text = applications.read_aggregated_log(application.id)
        if text is not None:
            return text
        time.sleep(_POLL_SECONDS)
    raise SubmissionError(
        f"YARN has no log of {application.id}",
        hint="it collects logs where yarn.log-aggregation-enable is true",
    )

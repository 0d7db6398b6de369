"""``ethlogs tail``: the driver's log on YARN."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import click

from ethlogs.cli.application import ApplicationCommandOptions, open_wanted_application
from ethlogs.cli.command import command
from ethlogs.cli.say import say
from ethlogs.cli.user_end import until_user_ends
from ethlogs.errors import ExitStatus
from ethlogs.settings.output import TailOptions, VerbosityOptions
from ethlogs.submission.applications import ApplicationHandle
from ethlogs.submission.driver_log import POLL_SECONDS, read_live_log, read_log, without_sparks_talk


@dataclass(frozen=True)
class TailCommandOptions(ApplicationCommandOptions):
    """The options of ``tail``."""

    tail: TailOptions
    output: VerbosityOptions


@command(TailCommandOptions)
def tail(options: TailCommandOptions) -> int:
    """Show the driver's log on YARN: live if its node can be reached, else as YARN has collected it.

    Spark's own lines are shown from WARN on; --verbose shows all of them.

    Example: ethlogs tail --follow --application application_1700000000000_0001
    """
    with open_wanted_application(options) as (handle, caller), caller.ticket_for_pages():
        application = handle.application
        say(
            f"application {application.id}, {application.state}, attempt {application.attempt}",
            options.output.quiet,
        )
        choose = str if options.output.verbose else without_sparks_talk
        if options.tail.follow and not application.ended:
            end = f"stopped showing the log; the application {application.id} continues"
            with until_user_ends(lambda: end, options.output.quiet):
                _follow(handle, choose)
        else:
            click.echo(choose(read_log(handle)), nl=False)
    return ExitStatus.DONE


def _follow(handle: ApplicationHandle, choose: Callable[[str], str]) -> None:
    shown = ""
    while not handle.hadoop.applications.describe(handle.application.id).ended:
        text = choose(read_live_log(handle) or "")
        # Another attempt begins another log.
        click.echo(text.removeprefix(shown), nl=False)
        shown = text
        time.sleep(POLL_SECONDS)

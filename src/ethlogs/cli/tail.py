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
from ethlogs.submission.driver_log import (
    POLL_SECONDS,
    FollowedLog,
    read_live_log,
    read_log,
    without_sparks_talk,
)


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
    """Show the log until the application ends; its last lines may be in YARN's collected log alone."""
    log = FollowedLog(choose)
    application = handle.application
    while not application.ended:
        click.echo(log.read_news(read_live_log(handle) or {}), nl=False)
        time.sleep(POLL_SECONDS)
        application = handle.hadoop.applications.describe(application.id)
    say(
        f"the application {application.id} has ended: {application.final}; its whole log:"
        f" ethlogs tail --application {application.id}"
    )

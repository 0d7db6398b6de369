"""``ethlogs stop`` and ``ethlogs tail``: ending an application, and reading its driver's log."""

from __future__ import annotations

import time
from typing import Any

import click
import orjson

from ethlogs.cli import options
from ethlogs.cli.cluster import Found, application_options, open_application
from ethlogs.cli.display import say
from ethlogs.cli.security import ticket_for_pages
from ethlogs.cli.values import Seconds
from ethlogs.errors import ExitStatus, NotAuthorizedError, SubmissionError
from ethlogs.kerberos.spnego import build_headers
from ethlogs.run_folder import PROGRESS
from ethlogs.submission.watch import end_application

_POLL_SECONDS = 2.0
_AGGREGATION_SECONDS = 30.0


@click.command()
@application_options
@options.setting(
    "--stop-timeout",
    type=Seconds(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long the driver may take before it is killed.",
)
@options.json_option
@options.verbosity_options
@options.config_option
def stop(stop_timeout: float, as_json: bool, verbose: bool, quiet: bool, **given: Any) -> int:
    """End an application: its driver finishes the block in hand; after --stop-timeout it is killed.

    Example: ethlogs stop --bootstrap-server kafka:9092 --topic eth_eventlogs
    """
    with open_application(given) as found:
        application = found.application
        if application.ended:
            say(f"the application {application.id} has ended already: {application.final}", quiet)
            return ExitStatus.DONE
        _require_owner(found, given["hdfs_dir"])
        say(f"asking the driver of {application.id} to end after the block in hand", quiet)
        gently = _end(found, stop_timeout)
        progress = (found.folder.read_json(PROGRESS) if found.folder else None) or {}
    tip = progress.get("tip")
    how = "ended by itself" if gently else "was killed"
    where = "unknown" if tip is None else f"block {tip}"
    say(f"the application {application.id} {how}; the tip is {where}")
    if as_json:
        click.echo(orjson.dumps({"application": application.id, "gently": gently, "tip": tip}).decode())
    return ExitStatus.DONE


def _require_owner(found: Found, hdfs_dir: str | None) -> None:
    """The request to stop goes into the run's folder, which by default is in its owner's home."""
    owner, user = found.application.user, found.hadoop.user
    if owner != user and hdfs_dir is None:
        raise NotAuthorizedError(
            f"the application {found.application.id} is {owner}'s, and this is {user}",
            hint=f"end it as {owner}, by its keytab, its ticket, or --proxy-user {owner}",
        )


def _end(found: Found, seconds: float) -> bool:
    applications = found.hadoop.applications
    if found.folder is None:
        raise SubmissionError(
            f"the application {found.application.id} is not one of ethlogs",
            hint="end it with: yarn application -kill",
        )
    return end_application(applications, found.folder, found.application.id, seconds)


@click.command()
@application_options
@options.setting("--follow", is_flag=True, help="Go on until the application ends.")
@options.verbosity_options
@options.config_option
def tail(follow: bool, verbose: bool, quiet: bool, **given: Any) -> int:
    """Show the driver's output: live where its node can be reached, else what YARN has collected.

    Example: ethlogs tail --follow --application application_1700000000000_0001
    """
    with open_application(given) as found, ticket_for_pages(given):
        application = found.application
        say(f"application {application.id}, {application.state}, attempt {application.attempt}", quiet)
        if follow and not application.ended:
            _follow(found)
        else:
            click.echo(_read_log(found), nl=False)
    return ExitStatus.DONE


def _follow(found: Found) -> None:
    shown = ""
    while not found.hadoop.applications.describe(found.application.id).ended:
        text = found.hadoop.applications.read_live_log(found.application.id, build_headers) or ""
        # Another attempt begins another log.
        click.echo(text.removeprefix(shown), nl=False)
        shown = text
        time.sleep(_POLL_SECONDS)


def _read_log(found: Found) -> str:
    applications, application = found.hadoop.applications, found.application
    if not application.ended:
        live = applications.read_live_log(application.id, build_headers)
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

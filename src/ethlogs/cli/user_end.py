"""Commands that last until their user ends them: Ctrl-C and SIGTERM are not errors there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import click

from ethlogs.cancellation import Terminated
from ethlogs.cli.say import say
from ethlogs.errors import ExitStatus


@contextlib.contextmanager
def until_user_ends(describe: Callable[[], str], quiet: bool = False) -> Iterator[None]:
    """Run the block until SIGINT or SIGTERM, then say where things stand.

    The exit status is 130 or 143, as for every command that a signal ends.
    """
    try:
        yield
    except KeyboardInterrupt as exc:
        say(describe(), quiet)
        status = ExitStatus.SIGTERM if isinstance(exc, Terminated) else ExitStatus.SIGINT
        raise click.exceptions.Exit(int(status)) from None

"""What a command that fails prints: the error and what to do on stderr, and with --json on stdout too."""

from __future__ import annotations

import errno
import traceback
from dataclasses import dataclass

import click
import orjson

from ethlogs.cli.origin import origin_of
from ethlogs.errors import EthlogsError, ExitStatus, SettingsError

_OF_THE_MACHINE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE}
)
"""What fails with these is no defect, wherever it happens."""


@dataclass
class Manner:
    """How a call wants its errors; ``as_json`` is known for sure once the command's settings are read."""

    verbose: bool
    as_json: bool


def print_error(exc: EthlogsError, manner: Manner) -> ExitStatus:
    """Print an error that was raised on purpose; return its exit status."""
    if manner.verbose:
        traceback.print_exception(exc)
    click.echo(f"error: {exc}", err=True)
    if exc.hint:
        click.echo(f"what to do: {exc.hint}", err=True)
    return _finish(str(exc), exc.hint, exc.exit_status, manner)


def print_usage_error(exc: click.UsageError, manner: Manner) -> ExitStatus:
    """Print a wrong flag as wrong usage, and a wrong environment variable or file as a wrong setting."""
    source = _source(exc)
    if source is not None:
        click.echo(f"error: {exc.message} (from {source})", err=True)
        return _finish(f"{exc.message} (from {source})", None, ExitStatus.SETTINGS, manner)
    exc.show()
    return _finish(exc.format_message(), None, ExitStatus.USAGE, manner)


def print_foreign_error(exc: Exception, manner: Manner) -> ExitStatus:
    """Print what nobody foresaw as a defect, unless the machine does not allow something."""
    if isinstance(exc, OSError) and exc.errno in _OF_THE_MACHINE:
        return print_error(_machine_error(exc), manner)
    traceback.print_exception(exc)
    message = f"a defect of ethlogs: {type(exc).__name__}: {exc}; please report it"
    click.echo(f"error: {message}", err=True)
    return _finish(message, None, ExitStatus.DEFECT, manner)


def print_interruption(status: ExitStatus, manner: Manner) -> ExitStatus:
    """Print that a signal ended the command."""
    message = "terminated" if status is ExitStatus.SIGTERM else "interrupted"
    click.echo(f"error: {message}", err=True)
    return _finish(message, None, status, manner)


def _finish(error: str, hint: str | None, status: ExitStatus, manner: Manner) -> ExitStatus:
    if manner.as_json:
        # the names that report.json has
        click.echo(orjson.dumps({"error": error, "hint": hint, "exitStatus": int(status)}).decode())
    return status


def _machine_error(exc: OSError) -> SettingsError:
    place = f"{exc.filename}: " if exc.filename else ""
    return SettingsError(
        f"this machine does not allow it: {place}{exc.strerror}",
        hint="make room or get the right, where the cache, the run's folder or stdout is",
    )


def _source(exc: click.UsageError) -> str | None:
    option, context = getattr(exc, "param", None), exc.ctx
    if not isinstance(option, click.Parameter) or context is None or option.name is None:
        return None
    return origin_of(option, context)

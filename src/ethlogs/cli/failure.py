"""The output of a command that fails: error and hint on stderr, and with --json on stdout too."""

from __future__ import annotations

import errno
import traceback
from dataclasses import dataclass

import click
import orjson

from ethlogs.cli.origin import origin_of
from ethlogs.cli.say import say
from ethlogs.errors import EthlogsError, ExitStatus, SettingsError

_OF_THE_MACHINE = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE),
        *(errno.ENAMETOOLONG, errno.ELOOP),
    }
)
"""Failures of the machine, which are not a defect of ethlogs wherever they happen."""


_BY_THE_USER = (ExitStatus.SIGINT, ExitStatus.SIGTERM)


@dataclass
class Manner:
    """The form of a call's errors; ``as_json`` is known for sure once the command's settings are read."""

    verbose: bool
    as_json: bool


def print_error(exc: EthlogsError, manner: Manner) -> ExitStatus:
    """Print an error that was raised on purpose; return its exit status."""
    if manner.verbose:
        traceback.print_exception(exc)
    say_failure(str(exc), exc.hint, exc.exit_status)
    return _finish(str(exc), exc.hint, exc.exit_status, manner)


def say_failure(error: str, hint: str | None, status: int = ExitStatus.DEFECT) -> None:
    """Say on stderr what happened, and what to do. That a user ends a run is not an error."""
    say(error if status in _BY_THE_USER else f"error: {error}")
    if hint:
        say(f"what to do: {hint}")


def print_usage_error(exc: click.UsageError, manner: Manner) -> ExitStatus:
    """Print a wrong flag as wrong usage, and a wrong environment variable or file as a wrong setting."""
    source = _source(exc)
    if source is not None:
        message = f"{exc.message} (from {source})"
        say_failure(message, None)
        return _finish(message, None, ExitStatus.SETTINGS, manner)
    exc.show()
    # click's own lines on stderr have the hint
    hint = f"{exc.ctx.command_path} --help lists the options" if exc.ctx else None
    return _finish(exc.format_message(), hint, ExitStatus.USAGE, manner)


def print_foreign_error(exc: Exception, manner: Manner) -> ExitStatus:
    """Print what nobody foresaw as a defect, unless the machine does not allow something."""
    if isinstance(exc, OSError) and exc.errno in _OF_THE_MACHINE:
        return print_error(_machine_error(exc), manner)
    traceback.print_exception(exc)
    message = f"a defect of ethlogs: {type(exc).__name__}: {exc}; please report it"
    say_failure(message, None)
    return _finish(message, None, ExitStatus.DEFECT, manner)


def print_interruption(status: ExitStatus, manner: Manner) -> ExitStatus:
    """Print that a signal ended the command."""
    message = "terminated" if status is ExitStatus.SIGTERM else "interrupted"
    say_failure(message, None)
    return _finish(message, None, status, manner)


def _finish(error: str, hint: str | None, status: ExitStatus, manner: Manner) -> ExitStatus:
    if manner.as_json:
        # the names that report.json has
        texts = {"error": _to_unicode(error), "hint": hint and _to_unicode(hint)}
        click.echo(orjson.dumps({**texts, "exitStatus": int(status)}).decode())
    return status


def _to_unicode(text: str) -> str:
    """Return a text that JSON can hold: a path may have bytes that are not UTF-8."""
    return text.encode(errors="backslashreplace").decode()


def _machine_error(exc: OSError) -> SettingsError:
    place = f"{exc.filename}: " if exc.filename else ""
    return SettingsError(
        f"the operating system refused it: {place}{exc.strerror}",
        hint="make room or get the right, where the cache, the run's folder or stdout is",
    )


def _source(exc: click.UsageError) -> str | None:
    option, context = getattr(exc, "param", None), exc.ctx
    if not isinstance(option, click.Parameter) or context is None or option.name is None:
        return None
    return origin_of(option, context)

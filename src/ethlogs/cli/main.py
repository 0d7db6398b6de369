"""The command group, and the one place where errors become messages and exit statuses."""

from __future__ import annotations

import errno
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click

from ethlogs import __version__
from ethlogs.cancellation import Terminated
from ethlogs.cli.lazy import LazyGroup
from ethlogs.cli.origin import origin_of
from ethlogs.errors import EthlogsError, ExitStatus, SettingsError

_OF_THE_MACHINE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE}
)
"""What fails with these is no defect, wherever it happens."""


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ethlogs")
def cli() -> None:
    """Every Ethereum event log on a Kafka topic: complete, once, in order, and proven."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; the process ends with its exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    verbose = "-v" in arguments or "--verbose" in arguments
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(_run(arguments, verbose))


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


def _run(arguments: list[str], verbose: bool) -> int:
    try:
        outcome = cli.main(arguments, prog_name="ethlogs", standalone_mode=False)
        return outcome if isinstance(outcome, int) else ExitStatus.DONE
    except EthlogsError as exc:
        return _tell(exc, verbose)
    except click.UsageError as exc:
        return _tell_usage(exc)
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except SystemExit:
        # click's, with 1, where the reader of stdout, like head, has enough: told as a shell tells it.
        return 128 + signal.SIGPIPE
    except (click.Abort, KeyboardInterrupt) as exc:
        # click makes Abort of either.
        terminated = isinstance(exc.__cause__ or exc, Terminated)
        click.echo(f"error: {'terminated' if terminated else 'interrupted'}", err=True)
        return ExitStatus.SIGTERM if terminated else ExitStatus.SIGINT
    except Exception as exc:  # noqa: BLE001 - the outermost edge
        if isinstance(exc, OSError) and exc.errno in _OF_THE_MACHINE:
            return _tell(_machine_error(exc), verbose)
        traceback.print_exc()
        click.echo(f"error: a defect of ethlogs: {type(exc).__name__}: {exc}; please report it", err=True)
        return ExitStatus.DEFECT


def _tell(exc: EthlogsError, verbose: bool) -> int:
    if verbose:
        traceback.print_exception(exc)
    click.echo(f"error: {exc}", err=True)
    if exc.hint:
        click.echo(f"what to do: {exc.hint}", err=True)
    return exc.exit_status


def _machine_error(exc: OSError) -> SettingsError:
    place = f"{exc.filename}: " if exc.filename else ""
    return SettingsError(
        f"this machine does not allow it: {place}{exc.strerror}",
        hint="make room or get the right, where the cache, the run's folder or stdout is",
    )


def _tell_usage(exc: click.UsageError) -> int:
    """A wrong flag is wrong usage; a wrong environment variable or file is a wrong setting."""
    source = _source(exc)
    if source is not None:
        click.echo(f"error: {exc.message} (from {source})", err=True)
        return ExitStatus.SETTINGS
    exc.show()
    return ExitStatus.USAGE


def _source(exc: click.UsageError) -> str | None:
    option, context = getattr(exc, "param", None), exc.ctx
    if not isinstance(option, click.Parameter) or context is None or option.name is None:
        return None
    return origin_of(option, context)

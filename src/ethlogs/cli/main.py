"""The command group, and the one place where errors become exit statuses."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click

from ethlogs.cancellation import Terminated
from ethlogs.cli.failure import (
    Manner,
    print_error,
    print_foreign_error,
    print_interruption,
    print_usage_error,
)
from ethlogs.cli.lazy import LazyGroup
from ethlogs.cli.version import print_version
from ethlogs.errors import EthlogsError, ExitStatus


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_version,
    help="Show the versions of ethlogs, Python, kafka-python and Spark.",
)
def cli() -> None:
    """Every Ethereum event log on a Kafka topic: complete, once, in order, and proven."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; the process ends with its exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    verbose = "-v" in arguments or "--verbose" in arguments
    signal.signal(signal.SIGTERM, _terminate)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # As on stderr: a terminal that lacks a character must not end a command.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(_run(arguments, verbose))


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


def _run(arguments: list[str], verbose: bool) -> int:
    manner = Manner(verbose, as_json="--json" in arguments)
    try:
        outcome = cli.main(arguments, prog_name="ethlogs", standalone_mode=False, obj=manner)
        return outcome if isinstance(outcome, int) else ExitStatus.DONE
    except EthlogsError as exc:
        return print_error(exc, manner)
    except click.UsageError as exc:
        return print_usage_error(exc, manner)
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except SystemExit as exc:
        # click's: with 1 where the reader of stdout, like head, has enough, which is a shell's status then,
        # and with 0 where the shell asked for a completion.
        return 128 + signal.SIGPIPE if exc.code == 1 else ExitStatus.DONE
    except (click.Abort, KeyboardInterrupt) as exc:
        # click makes Abort of either.
        terminated = isinstance(exc.__cause__ or exc, Terminated)
        return print_interruption(ExitStatus.SIGTERM if terminated else ExitStatus.SIGINT, manner)
    except Exception as exc:  # noqa: BLE001 - the outermost edge
        return print_foreign_error(exc, manner)

"""``ethlogs logs`` and ``ethlogs transactions``: one block as JSON lines, without Kafka."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import click
import orjson

from ethlogs.api import fetch_event_logs, fetch_transactions
from ethlogs.cli.command import command
from ethlogs.cli.say import say
from ethlogs.node.block_name import to_block_name
from ethlogs.settings import NodeOptions, ProofSettings, SelectionOptions
from ethlogs.settings.output import VerbosityOptions
from ethlogs.submission.checked import check_node
from ethlogs.submission.selection import check_selection


class BlockName(click.ParamType):  # type: ignore[type-arg]  # generic in its stubs only
    """A block's number (also in hex) or hash, or ``latest``, ``safe``, ``finalized``, ``earliest``."""

    name = "BLOCK"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Convert to the form in which JSON-RPC takes it."""
        try:
            return to_block_name(value)
        except ValueError as exc:
            raise click.BadParameter(str(exc), ctx, param) from None


@dataclass(frozen=True)
class TransactionsOptions:
    """The options of ``transactions``."""

    node: NodeOptions
    output: VerbosityOptions


@dataclass(frozen=True)
class LogsOptions:
    """The options of ``logs``."""

    node: NodeOptions
    proof: ProofSettings
    selection: SelectionOptions
    output: VerbosityOptions


def _block() -> click.Argument:
    return click.Argument(["block"], type=BlockName())


@command(LogsOptions, _block())
def logs(options: LogsOptions, block: str) -> None:
    """Prove a block and print its event logs as they would be on Kafka, one JSON object per line.

    BLOCK is a number (20000000 or 0x1312d00), a hash, or latest, safe, finalized, earliest.

    Example: ethlogs logs latest --node-url http://geth:8545
    """
    notify = partial(say, quiet=options.output.quiet)
    selection = check_selection(options.selection)
    _print(fetch_event_logs(check_node(options.node, say), block, options.proof, notify, selection))


@command(TransactionsOptions, _block())
def transactions(options: TransactionsOptions, block: str) -> None:
    """Print a block's transactions as the node gives them, not proven, one JSON object per line.

    BLOCK is a number (20000000 or 0x1312d00), a hash, or latest, safe, finalized, earliest.

    Example: ethlogs transactions 20000000 --node-url http://geth:8545
    """
    node = check_node(options.node, say)
    notify = partial(say, quiet=options.output.quiet)
    _print(orjson.dumps(transaction) for transaction in fetch_transactions(node, block, notify))


def _print(lines: Iterable[bytes]) -> None:
    if sys.stdout is None:  # closed by the caller, who wants the exit status alone
        return
    stdout = sys.stdout.buffer
    for line in lines:
        stdout.write(line + b"\n")
    stdout.flush()

"""``ethlogs logs`` and ``ethlogs transactions``: one block as JSON lines, without Kafka."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial
from typing import Any

import click
import orjson

from ethlogs.api import fetch_event_logs, fetch_transactions
from ethlogs.cli import options
from ethlogs.cli.display import say
from ethlogs.cli.values import is_height
from ethlogs.settings import ProofSettings


class BlockName(click.ParamType):  # type: ignore[type-arg]
    """A block's number or hash, or ``latest``, ``safe``, ``finalized``, ``earliest``."""

    name = "BLOCK"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The form in which JSON-RPC takes it."""
        text = str(value).lower()
        if text in ("latest", "safe", "finalized", "earliest"):
            return text
        if is_height(text):
            return hex(int(text))
        if len(text) == 66 and text.startswith("0x") and all(c in "0123456789abcdef" for c in text[2:]):
            return text
        raise click.BadParameter(f"{value!r} is no block number, no block hash, and not latest", ctx, param)


block_argument = click.argument("block", type=BlockName())


@click.command()
@block_argument
@options.node_options
@options.proof_options
@options.verbosity_options
@options.config_option
def logs(block: str, verbose: bool, quiet: bool, proof: ProofSettings, **given: Any) -> None:
    """Print a block's event logs, proven, one JSON object a line, as they would be on Kafka.

    BLOCK is a number, a hash, or latest.

    Example: ethlogs logs latest --node-url http://geth:8545
    """
    _print(fetch_event_logs(options.node_settings(**given), block, proof, partial(say, quiet=quiet)))


@click.command()
@block_argument
@options.node_options
@options.verbosity_options
@options.config_option
def transactions(block: str, verbose: bool, quiet: bool, **given: Any) -> None:
    """Print a block's transactions, as the node gives them, one JSON object a line.

    BLOCK is a number, a hash, or latest.

    Example: ethlogs transactions 20000000 --node-url http://geth:8545
    """
    node = options.node_settings(**given)
    _print(orjson.dumps(transaction) for transaction in fetch_transactions(node, block))


def _print(lines: Iterable[bytes]) -> None:
    if sys.stdout is None:  # closed by the caller, who wants the exit status alone
        return
    stdout = sys.stdout.buffer
    for line in lines:
        stdout.write(line + b"\n")
    stdout.flush()

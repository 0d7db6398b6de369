"""``ethlogs verify``: a range of a stream against its ledger and the chain."""

from __future__ import annotations

import sys
from typing import Any

import click
import orjson

from ethlogs.cli import options
from ethlogs.cli.display import ProgressDisplay, say
from ethlogs.cli.security import identity, ticket
from ethlogs.cli.values import Count
from ethlogs.settings import ProofSettings
from ethlogs.stop import StopSwitch, stop_on_signals
from ethlogs.verify import Difference, VerifySettings, format_verification, verify_stream


@click.command()
@options.node_options
@options.kafka_options
@options.kerberos_options
@options.stream_options
@options.proof_options
@options.setting(
    "--from",
    "first",
    type=Count(min=0),
    metavar="HEIGHT",
    help="The first block. [default: the first that the ledger has and retention has kept]",
)
@options.setting(
    "--to", "last", type=Count(min=0), metavar="HEIGHT", help="The last block. [default: the tip]"
)
@options.setting("--offline", is_flag=True, help="Compare the topic with its ledger alone, without a node.")
@options.timeout_option
@options.json_option
@options.verbosity_options
@options.config_option
def verify(
    first: int | None,
    last: int | None,
    proof: ProofSettings,
    offline: bool,
    timeout: float | None,
    as_json: bool,
    verbose: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Prove a range of a stream: ledger, event-log topic and chain against each other.

    Every event log of every block once, byte for byte, in its partition and in order; nothing else between
    them that is not retracted; the ledger's hashes, counts and offsets. Each difference is a JSON line on
    stdout. The exit status is 0 when the range is proven, 10 when it is not.

    Example: ethlogs verify --node-url http://geth:8545 --bootstrap-server kafka:9092 --from 20000000
    """
    if first is not None and last is not None and first > last:
        raise click.UsageError("--from is above --to", click.get_current_context())
    found = identity(given)
    stream = options.stream_settings(given["topic"])
    node = None if offline else options.node_settings(**{n: given[n] for n in options.NODE_SETTINGS})
    stop = StopSwitch(timeout)
    stop_on_signals(stop)
    with ticket(found), ProgressDisplay(quiet) as display:
        settings = VerifySettings(found.kafka, stream, node, first, last, proof)
        summary = verify_stream(settings, stop, _print, display.tell, display.show)
    for sentence in format_verification(summary):
        say(sentence, quiet and not summary.differences)
    if as_json:
        click.echo(orjson.dumps(summary.to_dict()).decode())
    return summary.exitStatus


def _print(difference: Difference) -> None:
    """At once: a range may take hours."""
    sys.stdout.buffer.write(difference.to_json() + b"\n")
    sys.stdout.buffer.flush()

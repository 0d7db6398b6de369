"""``ethlogs verify``: a range of a stream against its ledger and the chain."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import click
import orjson

from ethlogs.cancellation import StopSwitch, stop_on_signals
from ethlogs.cli.command import command
from ethlogs.cli.display import ProgressDisplay
from ethlogs.cli.say import say
from ethlogs.settings import (
    KafkaOptions,
    KerberosOptions,
    NodeOptions,
    ProofSettings,
    SelectionOptions,
    StreamSettings,
)
from ethlogs.settings.output import OfflineOptions, OutputOptions, TimeoutOptions
from ethlogs.settings.stream import HeightRange
from ethlogs.submission.checked import check_node, check_stream
from ethlogs.submission.identity import Caller
from ethlogs.submission.selection import check_selection
from ethlogs.verify import Difference, VerifySettings, format_verification, verify_stream


@dataclass(frozen=True)
class VerifyOptions:
    """The options of ``verify``."""

    node: NodeOptions
    offline: OfflineOptions
    kafka: KafkaOptions
    kerberos: KerberosOptions
    stream: StreamSettings
    range: HeightRange
    proof: ProofSettings
    selection: SelectionOptions
    limits: TimeoutOptions
    output: OutputOptions


@command(VerifyOptions)
def verify(options: VerifyOptions) -> int:
    """Compare a range of a stream, log by log, with its ledger and the chain.

    Every event log must be there once, byte for byte, in its partition and in order. Other records must have
    been retracted. The ledger's hashes, counts and offsets must be right. Each difference is a JSON line on
    stdout. The exit status is 0 when there is none, 10 when there is one.

    Example: ethlogs verify --node-url http://geth:8545 --bootstrap-server kafka:9092 --from 20000000
    """
    first, last = options.range.first, options.range.to
    if first is not None and last is not None and first > last:
        raise click.UsageError("--from is above --to", click.get_current_context())
    quiet = options.output.quiet
    with Caller(options.kerberos, say) as caller:
        identity = caller.identify(options.kafka, options.node.patience)
        stream = check_stream(options.stream)
        selection = check_selection(options.selection)
        node = None if options.offline.offline else check_node(options.node, say)
        stop = StopSwitch(options.limits.timeout)
        stop_on_signals(stop)
        with identity.ticket(), ProgressDisplay(quiet) as display:
            settings = VerifySettings(identity.kafka, stream, node, first, last, options.proof, selection)
            summary = verify_stream(settings, stop, _print, display.tell, display.show)
    for sentence in format_verification(summary):
        say(sentence, quiet and not summary.differences)
    if options.output.as_json:
        click.echo(orjson.dumps(summary.to_dict()).decode())
    return summary.exit_status


def _print(difference: Difference) -> None:
    """Print at once: a range may take hours."""
    sys.stdout.buffer.write(difference.to_json() + b"\n")
    sys.stdout.buffer.flush()

"""``ethlogs exporter``: Prometheus metrics of streams, from outside their drivers."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import partial

from ethlogs import __version__
from ethlogs.cli.command import command
from ethlogs.cli.say import say
from ethlogs.cli.user_end import until_user_ends
from ethlogs.metrics.exporter import Exporter
from ethlogs.metrics.node_reader import NODE_SECONDS, NodeReader, open_nodes
from ethlogs.metrics.server import serve_metrics
from ethlogs.metrics.stream_reader import StreamReader
from ethlogs.settings import KafkaOptions, KerberosOptions, NodeOptions
from ethlogs.settings.metrics import ExporterOptions, TopicsOptions
from ethlogs.settings.output import VerbosityOptions
from ethlogs.submission.checked import check_node, check_stream
from ethlogs.submission.identity import Caller


@dataclass(frozen=True)
class ExporterCommandOptions:
    """The options of ``exporter``."""

    node: NodeOptions
    kafka: KafkaOptions
    kerberos: KerberosOptions
    stream: TopicsOptions
    metrics: ExporterOptions
    output: VerbosityOptions


@command(ExporterCommandOptions)
def exporter(options: ExporterCommandOptions) -> None:
    """Serve Prometheus metrics of one or many streams, read from outside their drivers.

    Every --interval it reads each stream's ledger and asks each node; a scrape gets the last result. A metric
    says when a broker or a node does not answer. It needs READ and DESCRIBE on the ledgers, and no other
    right. It runs until it is interrupted.

    Example: ethlogs exporter --node-url http://geth:8545 --bootstrap-server kafka:9092 --topic eth_eventlogs
    """
    notify = partial(say, quiet=options.output.quiet)
    listen, interval = options.metrics.listen, options.metrics.interval
    streams = tuple(check_stream(stream) for stream in options.stream.streams)
    with Caller(options.kerberos, notify) as caller:
        identity = caller.identify(options.kafka, options.node.patience)
        reader = StreamReader(identity.kafka, streams)
        collector = Exporter(__version__, reader, _open_nodes(options.node), interval, notify)
        with (
            identity.ticket(),
            collector.looking_first(),
            serve_metrics(collector, listen, "--listen") as url,
        ):
            notify(f"serving {url}, refreshed every {interval:g} seconds")
            with until_user_ends(lambda: f"stopped serving {url}", options.output.quiet):
                threading.Event().wait()


def _open_nodes(node: NodeOptions) -> tuple[NodeReader, ...]:
    """Return a reader for each node; without one the streams are exported all the same."""
    if not node.urls:
        say("no --node-url: heads and lags are not exported")
        return ()
    return open_nodes(check_node(replace(node, timeout=min(node.timeout, NODE_SECONDS)), say))

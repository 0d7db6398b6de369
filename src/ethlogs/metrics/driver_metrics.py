"""The metrics that a driver serves by ``--metrics-listen``: its stream's, and what it counts itself."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from dataclasses import replace

from prometheus_client import CollectorRegistry

from ethlogs.errors import SettingsError
from ethlogs.metrics.exporter import Exporter
from ethlogs.metrics.node_reader import NODE_SECONDS, open_nodes
from ethlogs.metrics.run_collector import RunCollector
from ethlogs.metrics.server import serve_metrics
from ethlogs.metrics.stream_reader import StreamReader
from ethlogs.run.journal import Journal
from ethlogs.settings import RunSettings
from ethlogs.settings.metrics import Address

_INTERVAL_SECONDS = 10.0


@contextlib.contextmanager
def serve_run_metrics(
    settings: RunSettings, journal: Journal, address: Address, version: str
) -> Iterator[None]:
    """Serve until the block ends; where the address is taken, say so and run without."""
    node = settings.node
    node = replace(node, request_timeout_seconds=min(node.request_timeout_seconds, NODE_SECONDS))
    exporter = Exporter(
        version,
        StreamReader(settings.kafka, (settings.stream,)),
        open_nodes(node),
        _INTERVAL_SECONDS,
        logging.getLogger(__name__).warning,
    )
    both = CollectorRegistry(auto_describe=False)
    both.register(exporter)
    both.register(RunCollector(journal, settings.stream.topic))
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(serve_metrics(both, address, "--metrics-listen"))
        except SettingsError as exc:
            journal.notify(f"warning: no metrics are served: {exc}")
        else:
            stack.enter_context(exporter)
            journal.metrics_url = url
            stack.callback(setattr, journal, "metrics_url", None)
            journal.notify(f"metrics are served at {url}{_describe_reach(address)}")
        yield


def _describe_reach(address: Address) -> str:
    """Say who alone reaches a loopback address of a container: nobody chose the node that it is on."""
    node = os.environ.get("NM_HOST")
    if node is None or not address.is_loopback:
        return ""
    return f", from the node {node} alone: --metrics-listen 0.0.0.0:0 opens a port to other machines"

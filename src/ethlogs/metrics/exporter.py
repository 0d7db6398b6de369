"""Keeps what is exported fresh: each source has its thread, and a scrape asks nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol

from prometheus_client import Metric
from prometheus_client.registry import Collector

from ethlogs.errors import EthlogsError, KafkaUnavailableError
from ethlogs.metrics.families import Seen, build_families
from ethlogs.metrics.node_reader import NodeState
from ethlogs.metrics.stream_state import StreamState
from ethlogs.notify import Notify

KAFKA = "kafka"


class Streams(Protocol):
    """Reads the streams of one Kafka cluster."""

    def look(self) -> Mapping[str, StreamState | EthlogsError]:
        """Read each of them; an error where Kafka itself does not answer."""

    def close(self) -> None:
        """Close the connections."""


class Node(Protocol):
    """Asks one node."""

    name: str

    def look(self) -> NodeState:
        """Ask how far its chain is."""

    def close(self) -> None:
        """Close the connections."""


class Exporter(Collector):
    """The state of streams and nodes, as Prometheus collects it."""

    def __init__(
        self, version: str, streams: Streams, nodes: tuple[Node, ...], interval_seconds: float, notify: Notify
    ) -> None:
        self._streams = streams
        self._nodes = nodes
        self._interval_seconds = interval_seconds
        self._notify = notify
        self._lock = threading.Lock()
        self._seen = Seen(version)
        self._told: dict[str, str] = {}
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def looking_first(self) -> Exporter:
        """Take the first look at Kafka now, and do not take it again at once.

        Raises
        ------
        EthlogsError
            When Kafka cannot be used, and that is not known to pass.
        """
        try:
            self._look_at_streams()
        except KafkaUnavailableError as exc:
            self._lose_kafka(exc)
        return self

    def __enter__(self) -> Exporter:
        """Begin to look."""
        looks = {KAFKA: self._keep_looking_at_streams}
        looks |= {node.name: partial(self._keep_looking_at_node, node) for node in self._nodes}
        for name, look in looks.items():
            self._threads.append(threading.Thread(target=look, name=f"look {name}", daemon=True))
            self._threads[-1].start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more. A look at what hangs is left behind: its thread ends with the process."""
        self._ended.set()
        for thread in self._threads:
            thread.join(1.0)

    def collect(self) -> Iterator[Metric]:
        """Yield what was seen last."""
        with self._lock:
            seen = self._seen
        yield from build_families(seen)

    def _keep_looking_at_streams(self) -> None:
        if KAFKA in self._seen.refreshed_at and self._ended.wait(self._interval_seconds):
            return self._streams.close()
        while True:
            try:
                self._look_at_streams()
            except EthlogsError as exc:
                self._lose_kafka(exc)
            if self._ended.wait(self._interval_seconds):
                return self._streams.close()

    def _look_at_streams(self) -> None:
        looks = self._streams.look()
        self._see(KAFKA, streams=looks, kafka_up=True)
        self._tell(KAFKA, None)
        for topic, look in looks.items():
            self._tell(f"the stream {topic}", look if isinstance(look, EthlogsError) else None)

    def _lose_kafka(self, error: EthlogsError) -> None:
        """What was read of the streams is no longer known to be true."""
        self._see(KAFKA, streams={}, kafka_up=False)
        self._tell(KAFKA, error)

    def _keep_looking_at_node(self, node: Node) -> None:
        while True:
            state, error = None, None
            try:
                state = node.look()
            except EthlogsError as exc:
                error = exc
            with self._lock:
                nodes = {**self._seen.nodes, node.name: state}
                self._seen = replace(self._seen, nodes=nodes, refreshed_at=self._refreshed(node.name))
            self._tell(f"node {node.name}", error)
            if self._ended.wait(self._interval_seconds):
                break
        node.close()

    def _see(self, source: str, *, streams: Mapping[str, StreamState | EthlogsError], kafka_up: bool) -> None:
        with self._lock:
            self._seen = replace(
                self._seen, streams=streams, kafka_up=kafka_up, refreshed_at=self._refreshed(source)
            )

    def _refreshed(self, source: str) -> dict[str, float]:
        return {**self._seen.refreshed_at, source: time.time()}

    def _tell(self, what: str, error: EthlogsError | None) -> None:
        """Say what changes, once: a broker that is away for a day must not fill a log."""
        text = "" if error is None else str(error)
        before, self._told[what] = self._told.get(what, ""), text
        if text and not before:
            self._notify(f"{text}; looking again every {self._interval_seconds:g} seconds")
        elif before and not text:
            self._notify(f"{what} can be read again")

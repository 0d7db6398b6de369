"""One block end to end, by the same code as a stream, without touching any stream.

The block's event logs go to a topic of their own in one transaction, are read back under
read_committed, and compared byte for byte.
"""

from __future__ import annotations

import contextlib
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from kafka import KafkaAdminClient, TopicPartition

from ethlogs.errors import (
    DifferenceError,
    EthlogsError,
    ExitStatus,
    NotAuthorizedError,
    SettingsError,
    TopicError,
)
from ethlogs.event_log import Record
from ethlogs.kafka.creation import EVENT_LOG_CONFIG, create_topic
from ethlogs.kafka.reading import open_consumer, read_range
from ethlogs.kafka.rights import WRITER
from ethlogs.kafka.topic_checks import check_event_log_topic, check_ledger_topic
from ethlogs.kafka.topics import Topic, admin_client, describe_topic
from ethlogs.kafka.writer import TransactionalWriter, partition_of
from ethlogs.node import BlockSource, Node
from ethlogs.run.context import RunContext
from ethlogs.run.report import Tip
from ethlogs.run.smoketest_report import SmoketestReport
from ethlogs.settings import StreamSettings
from ethlogs.settings.job import SMOKETEST, JobKind
from ethlogs.stream.block import BlockEncoder, PreparedBlock, prepare_block

LOOK_BACK_BLOCKS = 32
"""How far below the head a block with event logs is looked for."""

T = TypeVar("T")


@dataclass(frozen=True)
class Sent:
    """The block that is sent."""

    block: PreparedBlock
    size_bytes: int
    """The size of its event logs as JSON."""


class Smoketest:
    """A job of the driver; its report says how far it came."""

    kind: ClassVar[JobKind] = SMOKETEST

    def __init__(self, context: RunContext) -> None:
        self._settings = context.settings
        self._stop = context.stop
        self._journal = context.journal
        self._topic = context.settings.stream.smoketest_topic
        self._seconds: dict[str, float] = {}
        self._sent: Sent | None = None
        self._metrics: dict[str, float] = {}

    def run(self) -> None:
        """Check the production topics, then send a block and read it back.

        Raises
        ------
        DifferenceError
            When what was read is not what was sent.
        EthlogsError
            When a step could not be done.
        """
        with contextlib.closing(Node(self._settings.node, self._stop, self._tell)) as node:
            self._run(node)

    def _run(self, node: Node) -> None:
        settings = self._settings
        source = BlockSource(
            node, settings.follow.proof, settings.node.patience_seconds, self._stop, self._tell
        )
        self._timed("node", node.connect)
        topic = self._timed("topics", self._check_topics)
        block = self._timed("block", lambda: self._choose(node, source))
        records = block.records
        self._sent = Sent(block, sum(len(record.value) for record in records))
        self._tell(f"block {block.number} with {len(records)} event logs, proven by {block.proof}")
        sent = self._timed("produce", lambda: self._produce(topic, records))
        self._timed("read back", lambda: self._compare(topic, sent))

    def report(self, error: EthlogsError | None) -> dict[str, Any]:
        """Return the content of report.json."""
        sent = self._sent
        return SmoketestReport(
            exit_status=int(error.exit_status if error else ExitStatus.DONE),
            verdict="failed" if error else "passed",
            error=str(error) if error else None,
            hint=error.hint if error else None,
            run=self._settings.run,
            topic=self._topic,
            block=Tip(sent.block.number, sent.block.hash) if sent else None,
            proof=sent.block.proof if sent else None,
            logs=len(sent.block.records) if sent else 0,
            bytes=sent.size_bytes if sent else 0,
            metrics=self._metrics,
            seconds=self._seconds,
        ).to_dict()

    def _tell(self, text: str) -> None:
        self._journal.notify(text)

    def _timed(self, step: str, function: Callable[[], T]) -> T:
        self._stop.check()
        began_at = time.monotonic()
        try:
            return function()
        finally:
            self._seconds[step] = round(time.monotonic() - began_at, 3)

    def _check_topics(self) -> Topic:
        """The production topics must be in order; the smoketest's own must be nobody's stream."""
        stream, creation = self._settings.stream, self._settings.topics
        with admin_client(self._settings.kafka) as client:
            production = {
                "event-log topic": describe_topic(client, stream.topic, WRITER),
                "ledger": describe_topic(client, stream.ledger_topic, WRITER),
            }
            if self._has_ledger(client):
                raise SettingsError(
                    f"{self._topic} has a ledger: it is a stream, and a smoketest never writes to one",
                    hint="give another --topic; the smoketest writes to that name + .smoketest",
                )
            own = describe_topic(client, self._topic, WRITER)
            if own is None and creation.create:
                replication = creation.replication_factor or -1
                partitions = creation.partitions or -1
                own = create_topic(client, self._topic, partitions, replication, EVENT_LOG_CONFIG)
        self._check_production(production)
        if own is None:
            raise TopicError(
                f"the smoketest's topic {self._topic} does not exist",
                hint="ethlogs smoketest --create-topics creates it",
            )
        check_event_log_topic(own)
        return own

    def _has_ledger(self, client: KafkaAdminClient) -> bool:
        with contextlib.suppress(NotAuthorizedError):  # who may not see it has no stream in it
            return describe_topic(client, StreamSettings(self._topic).ledger_topic) is not None
        return False

    def _check_production(self, production: dict[str, Topic | None]) -> None:
        names = {"event-log topic": self._settings.stream.topic, "ledger": self._settings.stream.ledger_topic}
        for kind, topic in production.items():
            if topic is None:
                self._tell(f"the {kind} {names[kind]} does not exist yet; produce --create-topics creates it")
                continue
            if kind == "ledger":
                check_ledger_topic(topic)
            else:
                for warning in check_event_log_topic(topic):
                    self._tell(warning)

    def _choose(self, node: Node, source: BlockSource) -> PreparedBlock:
        """The newest block that has event logs within the bound, else the newest."""
        head = node.fetch_quantity("eth_blockNumber")
        encoder = BlockEncoder(node.identity.chain_id, self._settings.selection)
        for height in range(head, max(-1, head - LOOK_BACK_BLOCKS), -1):
            block = prepare_block(source, encoder, height)
            if block.records:
                return block
        return prepare_block(source, encoder, head)

    def _produce(self, topic: Topic, records: list[Record]) -> dict[int, list[tuple[int, Record]]]:
        """Send in one transaction; returns each partition's records with their offsets."""
        transactional_id = self._settings.stream.smoketest_id(secrets.token_hex(6))
        writer = TransactionalWriter(self._settings.kafka, transactional_id, self._stop)
        try:
            with writer.transaction() as transaction:
                partitions = [partition_of(record.key, topic.partitions) for record in records]
                numbers = [
                    transaction.send(topic.name, partition, record.key, record.value)
                    for partition, record in zip(partitions, records, strict=True)
                ]
                transaction.commit()
            sent: dict[int, list[tuple[int, Record]]] = {}
            for partition, number, record in zip(partitions, numbers, records, strict=True):
                sent.setdefault(partition, []).append((transaction.offset(number), record))
            self._metrics = _rounded(writer.metrics().get("producer-metrics", {}))
            return sent
        finally:
            writer.close()

    def _compare(self, topic: Topic, sent: dict[int, list[tuple[int, Record]]]) -> None:
        with open_consumer(self._settings.kafka) as consumer:
            for number, expected in sorted(sent.items()):
                partition = TopicPartition(topic.name, number)
                consumer.assign([partition])
                first, last = expected[0][0], expected[-1][0]
                found = {
                    r.offset: Record(r.key, r.value) for r in read_range(consumer, partition, first, last + 1)
                }
                for offset, record in expected:
                    if found.get(offset) != record:
                        state = "is missing" if offset not in found else "differs"
                        raise DifferenceError(
                            f"record {offset} of {topic.name}-{number} {state} when it is read back",
                            hint="does anything between this machine and Kafka change records?",
                        )


def _rounded(metrics: dict[str, Any]) -> dict[str, float]:
    """kafka-python's metrics without those that have not been measured."""
    return {name: round(value, 3) for name, value in sorted(metrics.items()) if math.isfinite(value)}

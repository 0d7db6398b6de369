"""A stream and a chain in memory, for the heart of the follower and of verify.

Fakes, because a broker and a node take seconds to start and a reorg takes more: what is tested with these is
what is written, in which order, and when. That real ones take it is what tests/integration shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

from kafka.consumer.fetcher import ConsumerRecord

from ethlogs.errors import BlockNotFoundError
from ethlogs.event_log import Record
from ethlogs.kafka.topics import Topic
from ethlogs.kafka.writer import Numbers, partition_of
from ethlogs.ledger import CLAIM_KEY, BlockRecord, Claim, Span, StreamIdentity, parse_ledger_record
from ethlogs.node.fetched_block import FetchedBlock
from ethlogs.proof import ProvenBlock, ProvenLog
from ethlogs.stream.identity import StreamTopics
from ethlogs.stream.offsets import merge_spans
from ethlogs.stream.read_back import FoundLogs, spans_by_partition
from tests.harness.streams import Row

TOPICS = StreamTopics(
    Topic("logs", "topic-id", 3, 1, {}, frozenset()),
    Topic("logs.ledger", "ledger-id", 33, 1, {}, frozenset()),
)


def claim_of(first: int, last: int | None, gap_after: int | None = None) -> Claim:
    """A claim of the run ``a-run``."""
    identity: StreamIdentity = TOPICS.identity(1, "0xgenesis")
    return Claim(
        run="a-run",
        attempt=1,
        first_block=first,
        last_block=last,
        identity=identity,
        selection=None,
        decoding=None,
        least_proof="receipts",
        head="latest",
        confirmations=0,
        gap_after=gap_after,
        claimed_at=1_760_000_000,
    )


class FakeTransaction:
    """Records that become rows at the commit; a marker takes an offset behind them in each partition."""

    def __init__(self, writer: FakeWriter) -> None:
        self._writer = writer
        self._sent: list[tuple[str, int, Row]] = []
        self._joined: set[tuple[str, int]] = set()
        self.records = 0
        self.size_bytes = 0
        self.commit_was_sent = False

    def join(self, topic: str, partitions: Iterable[int]) -> None:
        self._joined |= {(topic, partition) for partition in partitions}

    def send_joins(self) -> None:
        self._writer.happened.append("join early")

    def send(self, topic: str, partition: int, key: bytes, value: bytes | None) -> int:
        ends = self._writer.ends
        if self._sent and (topic, partition) not in self._joined:
            self._writer.happened.append("join late")
        self._sent.append((topic, partition, Row(ends[topic, partition], key, value)))
        ends[topic, partition] += 1
        self.records += 1
        self.size_bytes += len(value or b"")
        return len(self._sent) - 1

    def send_all(self, topic: str, partitions: int, records: list[Record]) -> Numbers:
        numbers: Numbers = {}
        self.join(topic, range(partitions))
        for key, value in records:
            partition = partition_of(key, partitions)
            number = self.send(topic, partition, key, value)
            numbers[partition] = numbers.get(partition, (number, number))[0], number
        return dict(sorted(numbers.items()))

    def settle(self) -> None:
        self._writer.happened.append("settle")

    def offset(self, number: int) -> int:
        return self._sent[number][2].offset

    def offsets(self, numbers: Numbers) -> dict[int, Span]:
        return {p: (self.offset(first), self.offset(last)) for p, (first, last) in numbers.items()}

    def commit(self) -> None:
        self._writer.happened.append("commit")
        self.commit_was_sent = True
        for topic, partition, row in self._sent:
            self._writer.rows[topic][partition].append(row)
        for topic, partition in {(topic, partition) for topic, partition, _ in self._sent}:
            self._writer.ends[topic, partition] += 1


class FakeWriter:
    """A transactional writer, and the topics that it writes to."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, list[Row]]] = {
            topic.name: {number: [] for number in range(topic.partitions)}
            for topic in (TOPICS.event_logs, TOPICS.ledger)
        }
        self.ends: defaultdict[tuple[str, int], int] = defaultdict(int)
        self.happened: list[str] = []
        """What was done to Kafka, in its order."""

    @contextmanager
    def transaction(self) -> Iterator[FakeTransaction]:
        self.happened.append("begin")
        transaction = FakeTransaction(self)
        try:
            yield transaction
        finally:
            if not transaction.commit_was_sent:
                self.happened.append("abort")

    def recreate(self, topic: str) -> None:
        """Delete a topic and create it again, behind the writer's back."""
        for partition, rows in self.rows[topic].items():
            rows.clear()
            self.ends[topic, partition] = 0

    @property
    def ledger(self) -> list[Row]:
        """The follower's part of the ledger without claims."""
        return [row for row in self.rows["logs.ledger"][0] if row.key != CLAIM_KEY]

    @property
    def event_logs(self) -> dict[int, list[Row]]:
        """The event-log topic."""
        return self.rows["logs"]

    def heights(self) -> list[int | str]:
        """The heights of the ledger in its order; a tombstone is a text."""
        return [str(int(row.key or b"")) if row.value is None else int(row.key or b"") for row in self.ledger]

    def tip(self) -> BlockRecord:
        """The last block record."""
        row = self.ledger[-1]
        parsed = parse_ledger_record(row.key, row.value, "here")
        assert isinstance(parsed, BlockRecord)
        return parsed

    def walk_back(self, *_: Any) -> Iterator[BlockRecord]:
        """In the place of :func:`ethlogs.stream.read_back.walk_back`."""
        settled: set[bytes | None] = set()
        for row in reversed(self.ledger):
            if row.key not in settled:
                settled.add(row.key)
                parsed = parse_ledger_record(row.key, row.value, "here")
                if isinstance(parsed, BlockRecord):
                    yield parsed

    def read_back(
        self, _settings: object, _topic: str, blocks: Sequence[BlockRecord]
    ) -> dict[str, list[Record]]:
        """In the place of :func:`ethlogs.stream.read_back.read_event_logs`."""
        self.happened.append("read back")
        found = FoundLogs(blocks)
        for partition, spans in spans_by_partition(blocks).items():
            for first, last in merge_spans(spans):
                for row in self.event_logs[partition]:
                    if first <= row.offset <= last:
                        found.take(
                            cast(ConsumerRecord, SimpleNamespace(partition=partition, **row._asdict()))
                        )
        return {block.block_hash: found.logs_of(block, "logs") for block in blocks}


class FakeChain:
    """A node's chain: blocks with three event logs each, of three contracts."""

    name = "a-node"
    is_alone = True

    def __init__(self, head: int) -> None:
        self.blocks: list[ProvenBlock] = []
        self.retries = 0
        self.extend(range(head + 1))

    def extend(self, heights: Iterable[int], salt: str = "") -> None:
        """Add blocks on top."""
        for height in heights:
            parent = self.blocks[-1].hash if self.blocks else "0x"
            self.blocks.append(make_block(height, f"0x{height}{salt}", parent))

    def reorg(self, depth: int, length: int, salt: str) -> None:
        """Replace the newest blocks by another branch."""
        del self.blocks[-depth:]
        first = len(self.blocks)
        self.extend(range(first, first + length), salt)

    def fetch(self, height: int, exclusion: object = None, block_hash: str | None = None) -> FetchedBlock:
        """In the place of :meth:`ethlogs.node.BlockSource.fetch`."""
        return FetchedBlock(self.blocks[height], 1)

    def fetch_early(self, height: int, exclusion: object = None) -> FetchedBlock:
        """In the place of :meth:`ethlogs.node.BlockSource.fetch_early`."""
        if height >= len(self.blocks):
            raise BlockNotFoundError(f"there is no block {height}")
        return self.fetch(height, exclusion)

    def fetch_hash(self, height: int) -> str | None:
        """In the place of :meth:`ethlogs.node.BlockSource.fetch_hash`."""
        return self.blocks[height].hash if height < len(self.blocks) else None

    def fetch_quantity(self, _method: str) -> int:
        """The head."""
        return len(self.blocks) - 1

    def call_once(self, *_: object) -> Any:
        """No block is finalized."""
        return SimpleNamespace(result=None)

    def subscribe_heads(self) -> None:
        """It is asked for its head, as a node behind an http URL is."""

    def require_one_chain(self) -> None:
        """There is no other node."""

    def turn_to_holder(self, *_: object) -> bool:
        """There is no other node."""
        return False


def make_block(height: int, block_hash: str, parent_hash: str) -> ProvenBlock:
    """A block; that of height 5 has no event logs."""
    logs = [
        ProvenLog(f"0x{contract:040x}", ["0x" + "11" * 32], "0x", "0x" + "22" * 32, 0, contract)
        for contract in range(3)
    ]
    return ProvenBlock(
        number=height,
        hash=block_hash,
        parent_hash=parent_hash,
        timestamp=1_760_000_000 + height,
        transaction_count=1,
        logs=() if height == 5 else tuple(logs),
        proof="receipts",
    )

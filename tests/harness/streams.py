"""What is on Kafka, read without the product's code, and compared with the chain.

Everything here uses plain kafka-python, requests and the standard library's JSON, so that a defect of
ethlogs cannot hide behind the same defect in its tests.
"""

from __future__ import annotations

import json
import time
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import requests
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError
from web3 import Web3

LARGEST_BYTES = 32 << 20
LOGINS: dict[str, dict[str, Any]] = {}
"""kafka-python's settings for a broker that lets nobody in without a name, by its bootstrap address."""
STABLE_SECONDS = 30.0
_OFFSETS_MS = 15_000
"""Without a limit kafka-python asks for ever where a broker is away."""
_LOOK_MS = 100
_LONG_FETCH_MS = 500
"""How long a broker may keep the question of a reader who waits for the next record."""
_TAIL_RECORDS = 400
"""Enough of a ledger's end to have a block record among the markers and claims of a run that waits."""

Rows = dict[int, list["Row"]]
"""Records by partition, in the order of their offsets."""


class Row(NamedTuple):
    """One record of a topic."""

    offset: int
    key: bytes | None
    value: bytes | None

    @property
    def json(self) -> dict[str, Any]:
        """The value, decoded."""
        decoded: dict[str, Any] = json.loads(self.value or b"null")
        return decoded


@dataclass(frozen=True)
class Stream:
    """A stream's two topics on one broker."""

    bootstrap: str
    topic: str

    @property
    def ledger(self) -> str:
        """The ledger's name."""
        return f"{self.topic}.ledger"

    def event_logs(self) -> Rows:
        """The committed records of the event-log topic."""
        return read_topic(self.bootstrap, self.topic)

    def blocks(self) -> list[Row]:
        """The committed block records of the follower's ledger partition."""
        return [row for row in read_topic(self.bootstrap, self.ledger)[0] if row.key != b"claim"]

    def heights(self) -> list[int]:
        """The heights that the ledger has, in its order."""
        return [row.json["blockNumber"] for row in self.blocks()]

    def newest_block(self) -> Row | None:
        """The follower's newest committed block record, without reading the whole ledger."""
        partition = TopicPartition(self.ledger, 0)
        with _open_consumer(self.bootstrap, "read_committed") as consumer:
            if 0 not in (consumer.partitions_for_topic(self.ledger) or ()):
                return None
            end = consumer.end_offsets([partition], timeout_ms=_OFFSETS_MS)[partition]
            rows = _read_to(consumer, {partition: max(0, end - _TAIL_RECORDS)}, {partition: end})[0]
        blocks = [row for row in rows if row.key != b"claim" and row.value is not None]
        return blocks[-1] if blocks else None

    @contextmanager
    def watching(self) -> Iterator[Callable[[], int]]:
        """Give a look at the height of the newest committed block, -1 where there is none yet.

        One consumer takes all looks: a new one for each would cost client and broker a login and the whole
        ledger, many times a second for as long as a driver needs to start.
        """
        partition, newest = TopicPartition(self.ledger, 0), -1

        def look() -> int:
            nonlocal newest
            if not consumer.assignment():
                if 0 not in (consumer.partitions_for_topic(self.ledger) or ()):
                    time.sleep(_LOOK_MS / 1000)
                    return newest
                consumer.assign([partition])
                consumer.seek_to_beginning(partition)
            for record in consumer.poll(timeout_ms=_LOOK_MS).get(partition, ()):
                if record.key != b"claim" and record.value is not None:
                    newest = json.loads(record.value)["blockNumber"]
            return newest

        with _open_consumer(self.bootstrap, "read_committed", wait_ms=_LONG_FETCH_MS) as consumer:
            yield look

    def claims(self) -> list[Row]:
        """The committed claims of the ledger, without those by which a waiting run repeats its own."""
        return [row for row in self.all_claims() if row.json["released"] or row.json["repeats"] is None]

    def all_claims(self) -> list[Row]:
        """Every committed claim of the ledger."""
        return [row for row in read_topic(self.bootstrap, self.ledger)[0] if row.key == b"claim"]

    def transactions(self) -> list[list[int]]:
        """The heights of each transaction, tombstones too.

        A commit leaves a control record, which takes an offset.
        """
        found: list[list[int]] = []
        last = -2
        for row in self.blocks():
            if row.offset != last + 1:
                found.append([])
            found[-1].append(int(row.key or b""))
            last = row.offset
        return found

    def wait_until_stable(self) -> None:
        """Wait for the transaction markers: a commit is acknowledged before they are in every partition."""
        deadline = time.monotonic() + STABLE_SECONDS
        while any(end < last for topic in (self.topic, self.ledger) for end, last in self._ends(topic)):
            assert time.monotonic() < deadline, f"a transaction is open on {self.topic}"
            time.sleep(0.05)

    def _ends(self, topic: str) -> list[tuple[int, int]]:
        """Each partition's last stable offset and high watermark."""
        committed, uncommitted = (
            read_ends(self.bootstrap, topic, level) for level in ("read_committed", "read_uncommitted")
        )
        return [(committed[partition], uncommitted[partition]) for partition in committed]

    def is_untouched(self) -> bool:
        """Whether nothing is visible, in neither topic."""
        topics = [self.topic, self.ledger]
        return not any(rows for topic in topics for rows in read_topic(self.bootstrap, topic).values())


# ---------------------------------------------------------------- Kafka


def _login(bootstrap: str) -> dict[str, Any]:
    return {"bootstrap_servers": bootstrap, **LOGINS.get(bootstrap, {})}


@contextmanager
def admin_client(bootstrap: str) -> Iterator[KafkaAdminClient]:
    """An admin client, closed at the end."""
    client = KafkaAdminClient(**_login(bootstrap))
    try:
        yield client
    finally:
        client.close()


def create_topic(bootstrap: str, name: str, partitions: int = 1, **config: str) -> None:
    """Create a topic; ``max_message_bytes="1000"`` means max.message.bytes=1000."""
    settings = {key.replace("_", "."): value for key, value in config.items()}
    with admin_client(bootstrap) as client:
        client.create_topics([NewTopic(name, partitions, 1, topic_configs=settings)])
        client.wait_for_topics([name])


def create_when_gone(create: Callable[[], None]) -> None:
    """Create a topic of the name of one that was deleted: deletion continues behind the broker's answer."""
    deadline = time.monotonic() + STABLE_SECONDS
    while True:
        try:
            create()
            return
        except TopicAlreadyExistsError:
            assert time.monotonic() < deadline, "the topic is not gone"
            time.sleep(0.05)


def create_stream(stream: Stream, partitions: int = 3, slots: int = 1, **config: str) -> None:
    """Create both topics of a stream by hand; ``config`` is the event-log topic's."""
    create_topic(stream.bootstrap, stream.topic, partitions, **config)
    create_topic(stream.bootstrap, stream.ledger, 1 + slots, cleanup_policy="compact")


def create_stream_compacted_at_once(stream: Stream, partitions: int = 3) -> None:
    """Create both topics by hand, with a ledger that Kafka compacts but for its last transactions."""
    create_topic(stream.bootstrap, stream.topic, partitions)
    create_topic(
        stream.bootstrap,
        stream.ledger,
        2,
        cleanup_policy="compact",
        segment_ms="1",
        min_cleanable_dirty_ratio="0.01",
    )


@contextmanager
def _open_consumer(bootstrap: str, isolation_level: str, wait_ms: int = 20) -> Iterator[KafkaConsumer]:
    consumer = KafkaConsumer(
        **_login(bootstrap),
        group_id=None,
        enable_auto_commit=False,
        isolation_level=isolation_level,
        max_partition_fetch_bytes=LARGEST_BYTES,
        fetch_max_bytes=LARGEST_BYTES,
        fetch_max_wait_ms=wait_ms,
    )
    try:
        yield consumer
    finally:
        consumer.close()


def _read_to(
    consumer: KafkaConsumer, begins: dict[TopicPartition, int], ends: dict[TopicPartition, int]
) -> Rows:
    """The records of each partition between two offsets."""
    rows: Rows = {partition.partition: [] for partition in ends}
    consumer.assign(list(ends))
    for partition, offset in begins.items():
        consumer.seek(partition, offset)
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for partition, records in consumer.poll(timeout_ms=200).items():
            rows[partition.partition] += [Row(r.offset, r.key, r.value) for r in records]
    return rows


def read_topic(bootstrap: str, topic: str, isolation_level: str = "read_committed") -> Rows:
    """Every record of a topic that a consumer of this isolation level sees; empty where there is none."""
    with _open_consumer(bootstrap, isolation_level) as consumer:
        found = consumer.partitions_for_topic(topic) or set()
        partitions = [TopicPartition(topic, number) for number in sorted(found)]
        if not partitions:
            return {0: []}
        begins, ends = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
        return _read_to(consumer, begins, ends)


def read_ends(bootstrap: str, topic: str, isolation_level: str) -> dict[int, int]:
    """Where each partition ends for a reader."""
    consumer = KafkaConsumer(**_login(bootstrap), isolation_level=isolation_level)
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        return {partition.partition: end for partition, end in consumer.end_offsets(partitions).items()}
    finally:
        consumer.close()


def plant(bootstrap: str, topic: str, *records: tuple[int, bytes | None, bytes | None]) -> None:
    """Write (partition, key, value) records as another program would, without a transaction."""
    producer = KafkaProducer(**_login(bootstrap), acks="all", max_request_size=LARGEST_BYTES)
    try:
        sent = [
            producer.send(topic, key=key, value=value, partition=number) for number, key, value in records
        ]
        for future in sent:
            future.get(timeout=30)
    finally:
        producer.close()


# ---------------------------------------------------------------- the chain


def ask(node_url: str, method: str, *params: Any) -> Any:
    """The result of one JSON-RPC call."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    with requests.Session() as session:
        answer = session.post(node_url, json=body, timeout=60).json()
    assert "error" not in answer, answer
    return answer["result"]


@cache
def checksum(address: str) -> str:
    """EIP-55 by web3."""
    return Web3.to_checksum_address(address)


class Expected(NamedTuple):
    """What the node itself has of a range."""

    records: list[tuple[bytes, bytes]]
    """(key, value) of each event log as docs/data-on-kafka.md defines them, in the order of the chain."""
    headers: dict[int, dict[str, Any]]
    logs: dict[int, int]
    """How many event logs each height has."""


def fetch_expected(node_url: str, first: int, last: int) -> Expected:
    """Ask for the range's logs and headers and write the records out by hand."""
    chain_id = int(ask(node_url, "eth_chainId"), 16)
    headers = {
        height: ask(node_url, "eth_getBlockByNumber", hex(height), False) for height in range(first, last + 1)
    }
    logs = ask(node_url, "eth_getLogs", {"fromBlock": hex(first), "toBlock": hex(last)})
    counts = dict.fromkeys(headers, 0)
    records = []
    for log in sorted(logs, key=lambda log: (int(log["blockNumber"], 16), int(log["logIndex"], 16))):
        height = int(log["blockNumber"], 16)
        counts[height] += 1
        record = {
            "chainId": chain_id,
            "address": checksum(log["address"]),
            "topics": log["topics"],
            "data": log["data"],
            "blockNumber": height,
            "blockHash": log["blockHash"],
            "blockTimestamp": int(headers[height]["timestamp"], 16),
            "transactionHash": log["transactionHash"],
            "transactionIndex": int(log["transactionIndex"], 16),
            "logIndex": int(log["logIndex"], 16),
            "removed": False,
        }
        value = json.dumps(record, separators=(",", ":")).encode()
        records.append((log["address"].lower().encode(), value))
    return Expected(records, headers, counts)


# ---------------------------------------------------------------- both


def assert_exactly_once(
    stream: Stream, node_url: str, first: int, last: int, *, proof: str | Collection[str] = "receipts"
) -> None:
    """The topic under read_committed has each event log of the range once, in order, and nothing else.

    Also: each contract's logs in one partition; the ledger contiguous, its parent hashes and counts the
    node's, its offsets those of the real last log of each block in each partition; each block under a
    claim of the run that it names. ``proof`` is that of every block, or those that they may have.
    """
    expected = fetch_expected(node_url, first, last)
    stream.wait_until_stable()
    rows = stream.event_logs()
    _assert_same_logs(rows, expected)
    _assert_in_order(rows)
    _assert_ledger(stream, rows, expected, {proof} if isinstance(proof, str) else proof)


def _place(row: Row) -> tuple[int, int]:
    record = row.json
    return record["blockNumber"], record["logIndex"]


def _assert_same_logs(rows: Rows, expected: Expected) -> None:
    found = sorted((row for partition in rows.values() for row in partition), key=_place)
    assert [_place(row) for row in found] == [_place(Row(0, *record)) for record in expected.records]
    for row, record in zip(found, expected.records, strict=True):
        assert (row.key, row.value) == record


def _assert_in_order(rows: Rows) -> None:
    home: dict[bytes | None, int] = {}
    for partition, partition_rows in rows.items():
        places = [_place(row) for row in partition_rows]
        assert places == sorted(places), f"partition {partition} is out of order"
        for row in partition_rows:
            assert home.setdefault(row.key, partition) == partition, f"{row.key!r} is in two partitions"


def _assert_ledger(stream: Stream, rows: Rows, expected: Expected, proofs: Collection[str]) -> None:
    blocks, claims = stream.blocks(), {row.offset: row.json for row in stream.all_claims()}
    assert [row.json["blockNumber"] for row in blocks] == list(expected.headers)
    offsets = _spans(rows)
    logs = 0
    for row, (height, header) in zip(blocks, expected.headers.items(), strict=True):
        found = row.json
        assert list(found) == [
            *("format", "chainId", "blockNumber", "blockHash", "parentHash", "blockTimestamp"),
            *("transactions", "logs", "produced", "unprovenLogs", "proof", "finalized", "offsets", "ranges"),
            *("run", "claim", "streamBlocks", "streamLogs", "streamUnprovenLogs", "streamReorgs"),
        ]
        assert row.key == str(height).encode()
        assert found["format"] == 1
        assert found["blockHash"] == header["hash"]
        assert found["parentHash"] == header["parentHash"]
        assert found["blockTimestamp"] == int(header["timestamp"], 16)
        assert found["transactions"] == len(header["transactions"])
        assert found["logs"] == found["produced"] == expected.logs[height]
        assert found["proof"] in proofs
        assert found["offsets"] == offsets[height]
        assert found["ranges"] == [[min(expected.headers), height]]
        logs += expected.logs[height]
        assert (found["streamBlocks"], found["streamLogs"]) == (height - min(expected.headers) + 1, logs)
        assert claims[found["claim"]]["run"] == found["run"]


def _spans(rows: Rows) -> dict[int, dict[str, list[int]]]:
    """The first and the last offset of each block in each partition."""
    found: dict[int, dict[str, list[int]]] = defaultdict(dict)
    for partition, partition_rows in rows.items():
        for row in partition_rows:
            span = found[_place(row)[0]].setdefault(str(partition), [row.offset, row.offset])
            span[1] = row.offset
    return found


class Fold:
    """The live event logs: what docs/data-on-kafka.md asks consumers to do, step by step."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.live: dict[str, dict[int, Row]] = defaultdict(dict)
        """By block hash, then by index."""

    def read_block(self, block: dict[str, Any]) -> None:
        """Take what lies at the offsets of a block's ledger record."""
        for partition, (first, last) in block["offsets"].items():
            rows = self._rows[int(partition)]
            begin = bisect_left(rows, first, key=lambda row: row.offset)
            end = bisect_right(rows, last, key=lambda row: row.offset)
            assert rows[begin].offset == first, "a record lies at the first offset"
            assert rows[end - 1].offset == last, "a record lies at the last offset"
            for row in rows[begin:end]:
                record = row.json
                if record["removed"]:
                    self.live[record["blockHash"]].pop(record["logIndex"], None)
                elif record["blockHash"] == block["blockHash"]:
                    self.live[record["blockHash"]][record["logIndex"]] = row
        self._forget_empty()

    def read_everything(self) -> None:
        """Take each partition from its beginning to its end: nothing may be there twice."""
        for rows in self._rows.values():
            for row in rows:
                self._take(row)
        self._forget_empty()

    def _take(self, row: Row) -> None:
        record = row.json
        block_hash, index = record["blockHash"], record["logIndex"]
        logs = self.live[block_hash]
        if not record["removed"]:
            assert index not in logs, f"event log {index} of {block_hash} is there twice"
            logs[index] = row
            return
        retracted = logs.pop(index)
        assert row.key == retracted.key
        assert row.value == _as_removed(retracted)

    def _forget_empty(self) -> None:
        for block_hash in [block_hash for block_hash, logs in self.live.items() if not logs]:
            del self.live[block_hash]

    def records(self) -> list[tuple[bytes | None, bytes | None]]:
        """What is live, in the order of the chain."""
        live = sorted((row for logs in self.live.values() for row in logs.values()), key=_place)
        return [(row.key, row.value) for row in live]


def _as_removed(row: Row) -> bytes:
    return (row.value or b"").replace(b'"removed":false}', b'"removed":true}')


def assert_folds(stream: Stream, node_url: str, first: int, last: int) -> None:
    """Folded, the topic has each event log of the range once: read from end to end, by the consumers' rule
    record after record of the ledger, and by that rule where compaction has left the last record of a height.

    And each record of the ledger is a cut at which it has exactly the logs of the chain that the ledger had.
    """
    expected = fetch_expected(node_url, first, last)
    stream.wait_until_stable()
    rows, blocks = stream.event_logs(), stream.blocks()
    by_the_rule = Fold(rows)
    _assert_one_chain_at_each_record(blocks, by_the_rule)
    whole, compacted = Fold(rows), Fold(rows)
    whole.read_everything()
    left = [row for row in {row.key: row for row in blocks}.values() if row.value is not None]
    for row in sorted(left, key=lambda row: row.offset):
        compacted.read_block(row.json)
    for folded in (by_the_rule, whole, compacted):
        assert folded.records() == expected.records
    assert {row.json["blockNumber"]: row.json["blockHash"] for row in left} == {
        height: header["hash"] for height, header in expected.headers.items()
    }


def _assert_one_chain_at_each_record(blocks: list[Row], folded: Fold) -> None:
    chain: dict[int, dict[str, Any]] = {}
    for row in blocks:
        height = int(row.key or b"")
        if row.value is None:
            chain.pop(height)
            continue
        chain[height] = row.json
        assert height == max(chain), "the tail is the tip"
        folded.read_block(row.json)
        wanted = {block["blockHash"]: block["produced"] for block in chain.values() if block["produced"]}
        assert {block_hash: len(logs) for block_hash, logs in folded.live.items()} == wanted
        assert all(max(logs) < wanted[block_hash] for block_hash, logs in folded.live.items())
        assert row.json["streamBlocks"] == len(chain)
        assert row.json["streamLogs"] == sum(wanted.values())
        assert row.json["ranges"] == ranges_of(chain)


def ranges_of(heights: Iterable[int]) -> list[list[int]]:
    """Heights as first and last of each range without a gap."""
    ranges: list[list[int]] = []
    for height in sorted(heights):
        if ranges and ranges[-1][1] == height - 1:
            ranges[-1][1] = height
        else:
            ranges.append([height, height])
    return ranges


class Count(NamedTuple):
    """What of a range is not on the topic as often as it should be, under read_committed and folded."""

    logs: int
    """How many event logs the node has of it."""
    lost: int
    doubled: int
    """Those too many: more than once, or of a block that is not on the chain."""


def count_lost_and_doubled(stream: Stream, node_url: str, first: int, last: int) -> Count:
    """Count by bytes what the node has, and what the topic has less what it took back."""
    expected = Counter(fetch_expected(node_url, first, last).records)
    stream.wait_until_stable()
    found: Counter[tuple[bytes, bytes]] = Counter()
    for row in (row for rows in stream.event_logs().values() for row in rows):
        value = row.value or b""
        if value.endswith(b'"removed":true}'):
            found[row.key or b"", value.replace(b'"removed":true}', b'"removed":false}')] -= 1
        else:
            found[row.key or b"", value] += 1
    return Count(expected.total(), (expected - found).total(), (found - expected).total())


def heights_of(rows: Rows) -> Sequence[int]:
    """The heights that have an event log on the topic."""
    return sorted({_place(row)[0] for partition in rows.values() for row in partition})


STRETCH = 32
"""Consecutive heights of one slot of the ledger."""


def assert_history_exactly_once(stream: Stream, node_url: str, first: int, last: int) -> None:
    """A stream that was followed and backfilled has each event log of the range once, by bytes.

    Also: every height is in one record of the ledger, below the follower's first one in the slot that is its
    own for ever; each record's offsets are those of its block's first and last log in each partition, its
    hashes the node's, its ranges those of the heights that its partition had by then.
    """
    assert count_lost_and_doubled(stream, node_url, first, last)[1:] == (0, 0)
    expected = fetch_expected(node_url, first, last)
    offsets = _spans(stream.event_logs())
    ledger = read_topic(stream.bootstrap, stream.ledger)
    slots = len(ledger) - 1
    seen: list[int] = []
    for partition, rows in ledger.items():
        claims = {row.offset: row.json for row in rows if row.key == b"claim"}
        held: list[int] = []
        for block in (row.json for row in rows if row.key != b"claim"):
            height = block["blockNumber"]
            held.append(height)
            assert partition in (0, 1 + height // STRETCH % slots)
            assert block["blockHash"] == expected.headers[height]["hash"]
            assert block["parentHash"] == expected.headers[height]["parentHash"]
            assert block["produced"] == block["logs"] == expected.logs[height]
            assert block["offsets"] == offsets[height]
            assert claims[block["claim"]]["run"] == block["run"]
            assert block["streamBlocks"] == len(held)
            assert _heights_of_ranges(block["ranges"], partition, slots) == sorted(held)
        seen += held
    assert sorted(seen) == list(range(first, last + 1))


def _heights_of_ranges(ranges: list[list[int]], partition: int, slots: int) -> list[int]:
    """The heights of a partition's ranges: those of a slot run over the slot's own heights alone."""
    return [
        height
        for start, end in ranges
        for height in range(start, end + 1)
        if partition == 0 or 1 + height // STRETCH % slots == partition
    ]

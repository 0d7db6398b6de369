"""Verify's walk over a stream that a follower wrote, right and tampered with; everything is in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

import pytest

from ethlogs.decoding.event import Event
from ethlogs.ledger import BlockRecord, parse_ledger_record
from ethlogs.settings import Abi, SelectionSettings
from ethlogs.stream.block import BlockEncoder, PreparedBlock
from ethlogs.verify.differences import Difference, Kind
from ethlogs.verify.found_record import FoundRecord
from ethlogs.verify.ledger_scan import LedgerEntry
from ethlogs.verify.plan import plan_walk
from ethlogs.verify.walk import Sides, Walk
from tests.harness.streams import Row
from tests.unit.fake_stream import FakeChain
from tests.unit.following import Following


class FakeReader:
    """In the place of TopicReader, which needs a broker."""

    def __init__(self, rows: dict[int, list[Row]]) -> None:
        self._rows = rows
        self._positions: dict[int, int] = {}

    def begin(self, starts: Mapping[int, int]) -> None:
        self._positions = dict(starts)

    def read_to(self, stops: Mapping[int, int]) -> Iterator[FoundRecord]:
        for partition, stop in stops.items():
            start, self._positions[partition] = self._positions[partition], stop
            for row in self._rows[partition]:
                if start <= row.offset < stop:
                    yield FoundRecord("logs", partition, *row)

    def read_again(self, partition: int, offset: int) -> FoundRecord:
        row = next(row for row in self._rows[partition] if row.offset == offset)
        return FoundRecord("logs", partition, *row)


class FakeChainReader:
    """In the place of ChainReader, which needs a node."""

    def __init__(self, chain: FakeChain, content: SelectionSettings) -> None:
        self._chain = chain
        self._encoder = BlockEncoder(1, content)

    def fetch(self, height: int) -> PreparedBlock:
        return self._encoder.encode(self._chain.blocks[height])

    def fetch_hash(self, height: int) -> str | None:
        return self._chain.fetch_hash(height)


def blocks_that_count(following: Following) -> list[LedgerEntry]:
    newest = {row.key: row for row in following.writer.ledger}
    records = [
        (parse_ledger_record(row.key, row.value, "here"), row.offset)
        for row in newest.values()
        if row.value is not None
    ]
    entries = [LedgerEntry(r, 0, offset) for r, offset in records if isinstance(r, BlockRecord)]
    return sorted(entries, key=lambda entry: entry.record.block_number)


def verify(following: Following, *, offline: bool = False) -> list[Difference]:
    """The differences of the whole stream."""
    told: list[Difference] = []
    content = following.settings.selection
    rows, entries = following.writer.event_logs, blocks_that_count(following)
    reader = FakeReader(rows)
    chain = None if offline else cast(Any, FakeChainReader(following.chain, content))
    sides = Sides("logs", "logs.ledger", 3, 1, cast(Any, reader), reader.read_again, chain, content)
    plan = plan_walk(entries, None, None, dict.fromkeys(rows, 0))
    walk = Walk(sides, plan, {}, lambda _height: True, told.append, lambda *_: None)
    ends = {partition: following.writer.ends["logs", partition] for partition in rows}
    walk.begin(dict.fromkeys(rows, 0), ends)
    for entry in entries:
        walk.block(entry)
    walk.rest(ends)
    walk.finish()
    return told


def change(rows: list[Row], index: int, **fields: Any) -> None:
    """Change fields of an event log, or of a record of the ledger."""
    row = rows[index]
    rows[index] = row._replace(value=json.dumps({**row.json, **fields}, separators=(",", ":")).encode())


@pytest.fixture
def following(monkeypatch: pytest.MonkeyPatch) -> Following:
    one = Following(FakeChain(10), monkeypatch)
    one.follow(2, 10)
    return one


@pytest.mark.parametrize("offline", [False, True])
def test_what_the_follower_wrote_does_not_differ(following: Following, offline: bool) -> None:
    assert verify(following, offline=offline) == []


@pytest.mark.parametrize("depth", [1, 3, 9])
def test_a_retracted_branch_does_not_differ(following: Following, depth: int) -> None:
    following.chain.reorg(depth, depth + 1, "b")
    following.forget()
    following.follow(11, 11)
    assert verify(following) == []


def test_a_chain_that_came_back_does_not_differ(following: Following) -> None:
    first_branch = following.chain.blocks[8:]
    following.chain.reorg(3, 4, "b")
    following.follow(11, 11)
    del following.chain.blocks[8:]
    following.chain.blocks += first_branch
    following.chain.extend(range(11, 14))
    following.follow(12, 13)
    assert verify(following) == []


def test_a_gap_whose_first_block_was_replaced_does_not_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Following(FakeChain(10), monkeypatch)
    one.follow(2, 3)
    one.follow(10, 10, gap_after=3)
    one.chain.reorg(1, 2, "b")
    one.follow(11, 11)
    assert verify(one) == []


@pytest.fixture
def selected(monkeypatch: pytest.MonkeyPatch) -> Following:
    """A stream of the first and the last event log of each block."""
    contracts = tuple(f"0x{contract:040x}" for contract in (0, 2))
    one = Following(FakeChain(10), monkeypatch, SelectionSettings(contracts))
    one.follow(2, 10)
    one.chain.reorg(2, 3, "b")
    one.follow(11, 11)
    return one


@pytest.mark.parametrize("offline", [False, True])
def test_a_selected_stream_does_not_differ(selected: Following, offline: bool) -> None:
    records = [row.json for row in selected.writer.ledger if row.value and row.key != b"claim"]
    assert {(record["logs"], record["produced"]) for record in records} == {(3, 2), (0, 0)}
    assert verify(selected, offline=offline) == []


@pytest.mark.parametrize(("offline", "index"), [(False, 2), (True, None)])
def test_a_selected_event_log_that_is_gone_is_missing(
    selected: Following, offline: bool, index: int | None
) -> None:
    rows = next(
        rows for rows in selected.writer.event_logs.values() if rows and rows[-1].json["logIndex"] == 2
    )
    del rows[
        next(i for i, row in enumerate(rows) if (row.json["blockNumber"], row.json["logIndex"]) == (2, 2))
    ]
    missing = [d for d in verify(selected, offline=offline) if d.kind is Kind.MISSING_LOG]
    assert [(difference.block, difference.log_index) for difference in missing] == [(2, index)]


def test_an_event_log_that_is_not_selected_is_too_many(selected: Following) -> None:
    row = next(row for rows in selected.writer.event_logs.values() for row in rows)
    number = row.json["blockNumber"]
    rows = next(rows for rows in selected.writer.event_logs.values() if row in rows)
    change(rows, rows.index(row), logIndex=1)
    kinds = {(difference.kind, difference.block) for difference in verify(selected)}
    assert kinds >= {(Kind.EXTRA_LOG, number), (Kind.MISSING_LOG, number)}


@pytest.mark.parametrize(
    "fields",
    [{"produced": 4, "logs": 3}, {"logs": None}, {"logs": None, "produced": 0, "transactions": None}],
    ids=["more than there are", "no count", "no count without an exclusion"],
)
def test_counts_that_a_selected_block_cannot_have_are_found(
    selected: Following, fields: dict[str, Any]
) -> None:
    rows = selected.writer.rows["logs.ledger"][0]
    index = next(index for index, row in enumerate(rows) if row.key == b"7")
    change(rows, index, **fields)
    assert Kind.LEDGER_BLOCK in {difference.kind for difference in verify(selected, offline=True)}


ANONYMOUS_WORDS = Abi("marks", None, ("Mark()",))


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Following:
    """A stream whose event logs are decoded where they have the chain's one topic."""
    monkeypatch.setattr(Event, "topic0", "0x" + "11" * 32)
    one = Following(FakeChain(10), monkeypatch, SelectionSettings(abis=(ANONYMOUS_WORDS,)))
    one.follow(2, 10)
    return one


@pytest.mark.parametrize("offline", [False, True])
def test_a_decoded_stream_is_decoded_again_also_without_a_node(decoded: Following, offline: bool) -> None:
    rows = partition_with_logs(decoded)
    assert rows[2].json["decoded"] == {"event": "Mark", "signature": "Mark()", "abi": "marks", "args": {}}
    assert verify(decoded, offline=offline) == []
    row = rows[2]
    rows[2] = row._replace(value=row.value and row.value.replace(b'"args":{}', b'"args":{"a":"1"}'))
    (difference,) = verify(decoded, offline=offline)
    assert difference.kind is Kind.CHANGED_LOG
    assert difference.fields is not None
    assert list(difference.fields) == ["decoded"]


def partition_with_logs(following: Following) -> list[Row]:
    return max(following.writer.event_logs.values(), key=len)


def test_a_changed_byte_differs_from_the_chain_alone(following: Following) -> None:
    change(partition_with_logs(following), 2, data="0x01")
    (difference,) = verify(following)
    assert (difference.kind, difference.fields) == (Kind.CHANGED_LOG, {"data": ("0x", "0x01")})
    assert verify(following, offline=True) == []


@pytest.mark.parametrize("offline", [False, True])
def test_an_event_log_that_is_gone_is_missing(following: Following, offline: bool) -> None:
    rows = partition_with_logs(following)
    del rows[2]
    assert Kind.MISSING_LOG in {difference.kind for difference in verify(following, offline=offline)}


def test_an_orphaned_event_log_that_nobody_retracted_is_found(following: Following) -> None:
    change(partition_with_logs(following), 2, blockHash="0xorphan")
    assert {difference.kind for difference in verify(following)} >= {Kind.ORPHANED_LOG, Kind.MISSING_LOG}


def test_a_record_behind_the_tip_is_found(following: Following) -> None:
    following.writer.event_logs[0].append(Row(following.writer.ends["logs", 0], b"key", b"what?"))
    following.writer.ends["logs", 0] += 1
    assert [difference.kind for difference in verify(following)] == [Kind.FOREIGN]


STRAYS: dict[str, Any] = {
    "a number below any block": {"blockNumber": -5},
    "a number that no node knows": {"blockNumber": 2**63},
    "a number of 64 bits": {"blockNumber": 2**64 - 1},
    "a number of any length": {"blockNumber": 10**30},
    "an index below any": {"logIndex": -1},
    "a chain of any length": {"chainId": 2**256},
    "another chain": {"chainId": 5},
    "true for a number": {"blockNumber": True},
    "a fraction": {"logIndex": 1.0},
    "an address that is none": {"address": {}},
    "a topic list that is none": {"topics": "0x"},
}


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize("name", STRAYS)
def test_a_record_that_only_looks_like_an_event_log_is_found(
    following: Following, name: str, offline: bool
) -> None:
    rows = partition_with_logs(following)
    partition = next(number for number, held in following.writer.event_logs.items() if held is rows)
    value = json.dumps(json.loads(rows[2].value or b"") | STRAYS[name]).encode()
    rows.append(Row(following.writer.ends["logs", partition], b"key", value))
    following.writer.ends["logs", partition] += 1
    (difference,) = verify(following, offline=offline)
    assert (difference.kind, difference.offset) == (Kind.FOREIGN, rows[-1].offset)
    assert json.loads(difference.to_json())["difference"] == "foreign"


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize(
    "value", [None, b"", b"\xff\xfe", b"NaN", b"[" * 100_000, b'{"a":' * 100_000, b'{"removed":false}']
)
@pytest.mark.parametrize("key", [None, b"", b"\xff"])
def test_a_record_of_another_program_between_a_blocks_is_found(
    following: Following, key: bytes | None, value: bytes | None, offline: bool
) -> None:
    rows = partition_with_logs(following)
    rows[2] = Row(rows[2].offset, key, value)
    differences = verify(following, offline=offline)
    assert {Kind.FOREIGN, Kind.MISSING_LOG} <= {difference.kind for difference in differences}
    assert all(json.loads(difference.to_json()) for difference in differences)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"blockHash": "0xother"}, Kind.LEDGER_BLOCK),
        ({"transactions": 9}, Kind.LEDGER_BLOCK),
        ({"produced": 9}, Kind.LEDGER_BLOCK),
        ({"offsets": {"0": [0, 1000]}}, Kind.LEDGER_OFFSET),
        ({"ranges": [[0, 9]]}, Kind.LEDGER_COUNT),
        ({"streamLogs": 1}, Kind.LEDGER_COUNT),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value.value,
)
def test_a_record_of_the_ledger_that_lies_is_found(
    following: Following, fields: dict[str, Any], kind: Kind
) -> None:
    rows = following.writer.rows["logs.ledger"][0]
    index = next(index for index, row in enumerate(rows) if row.key == b"7")
    change(rows, index, **fields)
    found = verify(following)
    assert kind in {difference.kind for difference in found if difference.topic == "logs.ledger"}

"""One block's records on the event-log topic, compared with the chain or, without a node, with the ledger."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from ethlogs.decoding.addresses import checksum_address
from ethlogs.decoding.decoder import Decoded, Decoder
from ethlogs.event_log import FIELDS, Record, log_index_of
from ethlogs.kafka.writer import partition_of
from ethlogs.ledger import BlockRecord
from ethlogs.proof import EXCLUDED
from ethlogs.stream.block import PreparedBlock
from ethlogs.verify.differences import Difference, Kind, Tell, differing
from ethlogs.verify.found_record import FoundRecord

_HEX = re.compile("0x(?:[0-9a-f]{2})*")


class Stretch(NamedTuple):
    """The beginning and the end of a block's part of the topic, by partition, whatever lies there."""

    first: Mapping[int, int]
    last: Mapping[int, int]


def compare_with_chain(
    block: PreparedBlock, found: Sequence[FoundRecord], topic: str, partitions: int, tell: Tell
) -> None:
    """Each event log of the block once, byte for byte, in its partition, in order; nothing else."""
    if _is_as_expected(block.records, found, partitions):
        return
    by_index = _group(found, tell)
    for record in block.records:
        index = log_index_of(record)
        places = by_index.pop(index, [])
        partition = partition_of(record.key, partitions)
        if not places:
            tell(
                Difference(
                    Kind.MISSING_LOG,
                    "the block's event log is not on the topic",
                    block.number,
                    block_hash=block.hash,
                    log_index=index,
                    topic=topic,
                    partition=partition,
                )
            )
        for place in places:
            _compare_record(record, place, tell)
            _check_partition(place, record.key, partitions, tell)
    for places in by_index.values():
        for place in places:
            detail = f"{len(block.records)} event logs of the block are the stream's, this is none of them"
            tell(place.differs(Kind.EXTRA_LOG, detail))
    _check_order(found, tell)


def compare_with_ledger(
    entry: BlockRecord,
    found: Sequence[FoundRecord],
    topic: str,
    partitions: int,
    decoder: Decoder | None,
    tell: Tell,
) -> None:
    """Find missing, duplicate and malformed event logs, by the block's record in the ledger."""
    by_index = _group(found, tell)
    wanted = _indexes_by_ledger(entry, by_index)
    for index in wanted:
        if index not in by_index:
            tell(
                Difference(
                    Kind.MISSING_LOG,
                    f"the ledger counts {entry.produced} event logs, this one is not on the topic",
                    entry.block_number,
                    block_hash=entry.block_hash,
                    log_index=index,
                    topic=topic,
                )
            )
    for index, places in sorted(by_index.items()):
        for place in places:
            if index not in wanted:
                tell(place.differs(Kind.EXTRA_LOG, f"the ledger counts {entry.produced} event logs"))
            _compare_record(_record_by_contract(entry, place, decoder), place, tell)
            _check_partition(place, place.key or b"", partitions, tell)
    _check_order(found, tell)


def _indexes_by_ledger(entry: BlockRecord, found: Collection[int]) -> Collection[int | None]:
    """The log indexes that the topic must have, as far as the ledger says which.

    Of a selection it says only how many: those that are missing have no index then.
    """
    if entry.logs == entry.produced:
        return range(entry.produced)
    known: list[int | None] = [*sorted(found)[: entry.produced]]
    return known + [None] * (entry.produced - len(known))


def compare_ledger(
    block: PreparedBlock, entry: BlockRecord, chain_id: int, where: dict[str, Any], tell: Tell
) -> None:
    """The ledger's fields against the header's.

    Where a header alone was asked for, now or then, nothing is known of what only the receipts say.
    """
    expected: dict[str, Any] = {
        "chainId": chain_id,
        "blockHash": block.hash,
        "parentHash": block.parent_hash,
        "blockTimestamp": block.timestamp,
        "transactions": block.transactions,
        "logs": block.logs,
        "produced": len(block.records),
    }
    found: dict[str, Any] = {
        "chainId": entry.chain_id,
        "blockHash": entry.block_hash,
        "parentHash": entry.parent_hash,
        "blockTimestamp": entry.block_timestamp,
        "transactions": entry.transactions,
        "logs": entry.logs,
        "produced": entry.produced,
    }
    if EXCLUDED in (block.proof, entry.proof):
        for name in ("transactions", "logs"):
            expected[name] = found[name] = None
    fields = differing(expected, found)
    if fields:
        detail = "the ledger's record is not that of the canonical block"
        tell(Difference(Kind.LEDGER_BLOCK, detail, fields=fields, **where))


def compare_offsets(
    entry: BlockRecord, own: Sequence[FoundRecord], stretch: Stretch, where: dict[str, Any], tell: Tell
) -> None:
    """The ledger's offsets against where the block's records really lie.

    A block's span ends where its stretch does. It begins at its first event log, or before it in the same
    stretch: at the retractions, where a stream's first block replaces another one.
    """
    first_own: dict[int, int] = {}
    for record in own:
        first_own.setdefault(record.partition, record.offset)
    fields: dict[str, tuple[object, object]] = {}
    for partition in sorted({*entry.offsets, *first_own}):
        begin, last = stretch.first.get(partition), stretch.last.get(partition)
        first = first_own.get(partition, last)
        found = entry.offsets.get(partition)
        if found is None or begin is None or found[1] != last or not begin <= found[0] <= (first or 0):
            fields[str(partition)] = ((first, last), found)
    if fields:
        detail = "the ledger's offsets are not those of the block's records"
        tell(Difference(Kind.LEDGER_OFFSET, detail, fields=fields, **where))


def _is_as_expected(records: Sequence[Record], found: Sequence[FoundRecord], partitions: int) -> bool:
    """The quick way: each partition's records are, in order, those that belong to it."""
    if len(records) != len(found):
        return False
    waiting: defaultdict[int, list[Record]] = defaultdict(list)
    for record in records:
        waiting[partition_of(record.key, partitions)].append(record)
    there: defaultdict[int, list[tuple[bytes | None, bytes | None]]] = defaultdict(list)
    for place in found:
        there[place.partition].append((place.key, place.value))
    return waiting == there


def _group(found: Sequence[FoundRecord], tell: Tell) -> dict[int, list[FoundRecord]]:
    by_index: defaultdict[int, list[FoundRecord]] = defaultdict(list)
    for record in found:
        index = record.identity[2]
        if by_index[index]:
            first = by_index[index][0]
            detail = f"the event log is at offset {first.offset} of partition {first.partition} already"
            tell(record.differs(Kind.DOUBLED_LOG, detail))
        by_index[index].append(record)
    return dict(by_index)


def _compare_record(expected: Record, found: FoundRecord, tell: Tell) -> None:
    if (found.key, found.value) == expected:
        return
    fields: dict[str, tuple[Any, Any]] = {}
    if found.key != expected.key:
        fields["key"] = (expected.key, found.key)
    if found.value != expected.value:
        # The same fields may be spelled in another way, or stand in another order.
        fields |= differing(orjson.loads(expected.value), found.log or {}) or {
            "value": (expected.value, found.value)
        }
    tell(found.differs(Kind.CHANGED_LOG, "the record is not the block's event log", fields=fields))


def _record_by_contract(entry: BlockRecord, found: FoundRecord, decoder: Decoder | None) -> Record:
    """The record as it must be, taken from what it says itself and from the ledger."""
    log = found.log or {}
    address = str(log["address"]).lower()
    known = {
        "chainId": entry.chain_id,
        "address": checksum_address(address) if _is_address(address) else None,
        "blockNumber": entry.block_number,
        "blockHash": entry.block_hash,
        "blockTimestamp": entry.block_timestamp,
        "removed": False,
    }
    if decoder is not None:
        decoded = _decode(decoder, address, log)
        known["decoded"] = None if decoded is None else orjson.loads(bytes(decoded))
    fields = {
        field.name: known.get(field.name, log.get(field.name))
        for field in FIELDS
        if field.always or field.name in known
    }
    return Record(address.encode(), orjson.dumps(fields))


def _decode(decoder: Decoder, address: str, log: dict[str, Any]) -> Decoded | None:
    """What the record's own topics and data say, where they are such."""
    topics, data = log["topics"], log["data"]
    if not all(isinstance(text, str) and _HEX.fullmatch(text) for text in (*topics, data)):
        return None
    return decoder.decode(address, topics, data) if all(len(text) == 66 for text in topics) else None


def _is_address(text: str) -> bool:
    return len(text) == 42 and text.startswith("0x") and set(text[2:]) <= set("0123456789abcdef")


def _check_partition(found: FoundRecord, key: bytes, partitions: int, tell: Tell) -> None:
    partition = partition_of(key, partitions)
    if found.partition != partition:
        fields = {"partition": (partition, found.partition)}
        tell(found.differs(Kind.MISPLACED_LOG, "the key belongs to another partition", fields=fields))


def _check_order(found: Sequence[FoundRecord], tell: Tell) -> None:
    newest: dict[tuple[int, bytes | None], int] = {}
    for record in found:
        place, index = (record.partition, record.key), record.identity[2]
        before = newest.setdefault(place, index)
        if index < before:
            detail = f"it stands behind log {before} of the same contract"
            tell(record.differs(Kind.LOG_ORDER, detail))
        newest[place] = max(before, index)

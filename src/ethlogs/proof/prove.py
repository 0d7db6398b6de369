"""The two proofs of a block's event logs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ethlogs.errors import UnprovenError
from ethlogs.proof.block import ProvenBlock, ProvenLog
from ethlogs.proof.bloom import BloomReader
from ethlogs.proof.header import Header, parse_header
from ethlogs.proof.receipts import ReceiptReader
from ethlogs.proof.receipts_trie import receipts_root
from ethlogs.proof.shapes import ShapeError, parse_list


def prove_by_receipts(header: Header | dict[str, Any], receipts: object) -> ProvenBlock:
    """Prove that receipts are those of the block, and give their event logs.

    ``header`` is the result of eth_getBlockByHash or a Header made of it, ``receipts`` the result of
    eth_getBlockReceipts. The receipts' own encoding must give the header's receiptsRoot and logsBloom:
    no log can be missing, added, changed or exchanged with another. Where a log stands follows from
    where it is in the receipts, and what the node repeats of that must agree. The transaction hashes
    are in neither: the header's list and the receipts must name the same ones.

    Raises UnprovenError where anything is malformed or disagrees.
    """
    parsed = _to_header(header)
    with _named(parsed):
        raw_receipts = parse_list(receipts)
        _check_count(parsed, raw_receipts)
        reader = ReceiptReader(parsed)
        encoded = [reader.read(index, raw) for index, raw in enumerate(raw_receipts)]
        _check_root(parsed, receipts_root(encoded))
        _check_bloom(parsed, reader.bloom, "receipts")
    return _to_block(parsed, reader.logs)


def prove_by_bloom(header: Header | dict[str, Any], logs: object) -> ProvenBlock:
    """Show that event logs are the block's as far as its bloom filter can tell.

    ``header`` is as in prove_by_receipts, ``logs`` the result of eth_getLogs for the block's hash.
    What is checked: the addresses and topics of all logs give the header's logsBloom; log indexes
    count from 0 without a gap; transaction indexes never decrease and are within the block; each
    transaction hash is the header's at that index; each log names this block.

    A log left out leaves a gap in the indexes, and is found; one left out at the very end is found if it
    sets a bit of the bloom that no other log sets, and so is one left out by a node that numbers the
    rest anew. In a full block about half of the single logs, and nine in ten whole receipts, set one.
    What this cannot see: changed data, logs or topics exchanged with each other, a log sent twice under
    two indexes, a log given to another transaction.

    Raises UnprovenError where anything is malformed or disagrees.
    """
    parsed = _to_header(header)
    with _named(parsed):
        reader = BloomReader(parsed)
        for index, raw in enumerate(parse_list(logs)):
            reader.read(index, raw)
        _check_bloom(parsed, reader.bloom, "event logs")
    return _to_block(parsed, reader.logs)


def _to_header(header: Header | dict[str, Any]) -> Header:
    return header if isinstance(header, Header) else parse_header(header)


def _check_count(header: Header, receipts: list[Any]) -> None:
    if len(receipts) != len(header.transactions):
        raise ShapeError(f"{len(receipts)} receipts for {len(header.transactions)} transactions")


def _check_root(header: Header, root: bytes) -> None:
    if "0x" + root.hex() != header.receipts_root:
        raise ShapeError(f"the receipts give the root 0x{root.hex()}, the header's is {header.receipts_root}")


def _check_bloom(header: Header, bloom: int, source: str) -> None:
    if bloom != header.logs_bloom:
        missing = (header.logs_bloom & ~bloom).bit_count()
        added = (bloom & ~header.logs_bloom).bit_count()
        raise ShapeError(
            f"the {source} do not give the header's logsBloom: "
            f"{missing} of its bits are missing, {added} are too many"
        )


def _to_block(header: Header, logs: list[ProvenLog]) -> ProvenBlock:
    return ProvenBlock(
        number=header.number,
        hash=header.hash,
        parent_hash=header.parent_hash,
        timestamp=header.timestamp,
        transaction_count=len(header.transactions),
        logs=tuple(logs),
    )


@contextmanager
def _named(header: Header) -> Iterator[None]:
    try:
        yield
    except ShapeError as error:
        raise UnprovenError(f"block {header.number} ({header.hash}): {error}") from None

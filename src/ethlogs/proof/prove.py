"""The proof of a block's event logs by its receipts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ethlogs.errors import UnprovenError
from ethlogs.proof.block import UNCHECKED, ProvenBlock
from ethlogs.proof.header import Header, parse_header
from ethlogs.proof.receipts import Outcome, ReceiptReader
from ethlogs.proof.receipts_trie import receipts_root
from ethlogs.proof.shapes import ShapeError, parse_list

_NUMBERED_OTHERWISE = (
    "the node does not count logIndex from the beginning of the block; the event logs are numbered by their"
    " place, which the receipts root proves"
)
_MADE_UP_STATUS = (
    "if the block is from before Byzantium (on mainnet below 4,370,000), the node made up the receipts'"
    " status, as Reth does always and Erigon by default: use a node that gives the state root instead, like"
    " geth, Nethermind or Besu"
)


def prove_by_receipts(
    header: Header | dict[str, Any], receipts: object, *, unchecked_headers: bool = False
) -> ProvenBlock:
    """Prove that receipts are those of the block, and give their event logs.

    ``header`` is the result of eth_getBlockByHash or a Header made of it, ``receipts`` the result of
    eth_getBlockReceipts. The receipts' own encoding must give the header's receiptsRoot and logsBloom:
    no log can be missing, added, changed or exchanged with another. Where a log stands follows from
    where it is in the receipts, and what the node repeats of that must agree. The transaction hashes
    are in neither: the header's list and the receipts must name the same ones.

    ``unchecked_headers`` is as in parse_header.

    Raises UnprovenError where anything is malformed or disagrees.
    """
    parsed = (
        header if isinstance(header, Header) else parse_header(header, unchecked_headers=unchecked_headers)
    )
    with _named(parsed):
        raw_receipts = parse_list(receipts)
        _check_count(parsed, raw_receipts)
        reader = _read_receipts(parsed, raw_receipts)
        _check_bloom(parsed, reader.bloom)
    return _to_block(parsed, reader)


def _read_receipts(header: Header, receipts: list[Any]) -> ReceiptReader:
    """Read them; where they have both root and status, the header's root says which of the two is right."""
    reader, root = _read_once(header, receipts, Outcome.LIKELIER)
    if root != header.receipts_root and reader.has_both_outcomes:
        reader, root = _read_once(header, receipts, Outcome.OTHER)
    if root != header.receipts_root:
        hint = _MADE_UP_STATUS if header.is_before_london and reader.has_status_alone else None
        message = f"the receipts give the root {root}, the header's is {header.receipts_root}"
        raise UnprovenError(f"{_name(header)}: {message}", hint=hint)
    return reader


def _read_once(header: Header, receipts: list[Any], outcome: Outcome) -> tuple[ReceiptReader, str]:
    reader = ReceiptReader(header, outcome)
    encoded = [reader.read(index, raw) for index, raw in enumerate(receipts)]
    return reader, "0x" + receipts_root(encoded).hex()


def _check_count(header: Header, receipts: list[Any]) -> None:
    if len(receipts) != len(header.transactions):
        raise ShapeError(f"{len(receipts)} receipts for {len(header.transactions)} transactions")


def _check_bloom(header: Header, bloom: int) -> None:
    if bloom != header.logs_bloom:
        missing = (header.logs_bloom & ~bloom).bit_count()
        added = (bloom & ~header.logs_bloom).bit_count()
        raise ShapeError(
            f"the receipts do not give the header's logsBloom: "
            f"{missing} of its bits are missing, {added} are too many"
        )


def _to_block(header: Header, reader: ReceiptReader) -> ProvenBlock:
    remarks = [header.unchecked, _NUMBERED_OTHERWISE if reader.is_numbered_otherwise else ""]
    return ProvenBlock(
        number=header.number,
        hash=header.hash,
        parent_hash=header.parent_hash,
        timestamp=header.timestamp,
        transaction_count=len(header.transactions),
        logs=tuple(reader.logs),
        proof="receipts" + (UNCHECKED if header.unchecked else ""),
        remarks=tuple(filter(None, remarks)),
    )


@contextmanager
def _named(header: Header) -> Iterator[None]:
    try:
        yield
    except ShapeError as error:
        raise UnprovenError(f"{_name(header)}: {error}") from None


def _name(header: Header) -> str:
    return f"block {header.number} ({header.hash})"

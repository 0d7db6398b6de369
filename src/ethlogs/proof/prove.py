"""The proof of a block's event logs by its receipts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from ethlogs.errors import UnprovenError
from ethlogs.proof.block import EXCLUDED, UNCHECKED, ProvenBlock
from ethlogs.proof.header import Header, parse_header
from ethlogs.proof.receipt_layouts import state_sync_hash
from ethlogs.proof.receipts import Outcome, ReceiptReader
from ethlogs.proof.shapes import ShapeError, parse_list
from ethlogs.proof.trie import trie_root

_NUMBERED_OTHERWISE = (
    "the node does not count logIndex from the beginning of the block; the event logs are numbered by their"
    " place, which the receipts root proves"
)
_STATE_SYNC = (
    "the event logs of the chain's state sync are in no root of the block and cannot be proven: they are left"
    " out"
)
MADE_UP_STATUS = (
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
        state_sync = _state_sync_logs(parsed, raw_receipts)
        if state_sync is not None:
            with suppress(UnprovenError, ShapeError):  # since Madhugiri it is proven as every other one
                return _prove(_without_state_sync(parsed), raw_receipts[:-1], state_sync)
        return _prove(parsed, raw_receipts)


def exclude_block(header: Header) -> ProvenBlock:
    """The block of a header whose bloom says that nothing else of it needs to be asked for."""
    return ProvenBlock(
        number=header.number,
        hash=header.hash,
        parent_hash=header.parent_hash,
        timestamp=header.timestamp,
        transaction_count=None,
        logs=(),
        proof=EXCLUDED,
        logs_bloom=header.logs_bloom,
    )


def _prove(header: Header, receipts: list[Any], unproven_logs: int = 0) -> ProvenBlock:
    _check_count(header, receipts)
    reader = _read_receipts(header, receipts)
    _check_bloom(header, reader.bloom)
    return _to_block(header, reader, unproven_logs)


def _state_sync_logs(header: Header, receipts: list[Any]) -> int | None:
    """Return how many logs the last receipt has, if it is one of Polygon's that are outside of the block."""
    last = receipts[-1] if receipts else None
    if not isinstance(last, dict) or last.get("transactionHash") != state_sync_hash(
        header.number, header.hash
    ):
        return None
    logs = last.get("logs")
    return len(logs) if isinstance(logs, list) else 0


def _without_state_sync(header: Header) -> Header:
    """The header whose transactions are those that it commits to."""
    if header.transactions[-1:] != (state_sync_hash(header.number, header.hash),):
        return header
    return replace(header, transactions=header.transactions[:-1])


def _read_receipts(header: Header, receipts: list[Any]) -> ReceiptReader:
    """Read them; which outcome of a transaction they commit to, the header's root says."""
    reader, root = _read_once(header, receipts, Outcome.LIKELIER)
    first, has_status_alone = root, reader.has_status_alone
    if root != header.receipts_root and reader.has_both_outcomes:
        reader, root = _read_once(header, receipts, Outcome.OTHER)
    if root != header.receipts_root and header.is_before_london and has_status_alone:
        reader, root = _read_once(header, receipts, Outcome.ZERO_BYTE)
    if root != header.receipts_root:
        hint = MADE_UP_STATUS if header.is_before_london and has_status_alone else None
        message = f"the receipts give the root {first}, the header's is {header.receipts_root}"
        raise UnprovenError(f"{_name(header)}: {message}", hint=hint)
    return reader


def _read_once(header: Header, receipts: list[Any], outcome: Outcome) -> tuple[ReceiptReader, str]:
    reader = ReceiptReader(header, outcome)
    encoded = [reader.read(index, raw) for index, raw in enumerate(receipts)]
    return reader, "0x" + trie_root(encoded).hex()


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


def _to_block(header: Header, reader: ReceiptReader, unproven_logs: int) -> ProvenBlock:
    remarks = [
        header.unchecked,
        _NUMBERED_OTHERWISE if reader.is_numbered_otherwise else "",
        _STATE_SYNC if unproven_logs else "",
    ]
    return ProvenBlock(
        number=header.number,
        hash=header.hash,
        parent_hash=header.parent_hash,
        timestamp=header.timestamp,
        transaction_count=len(header.transactions),
        logs=tuple(reader.logs),
        proof="receipts" + (UNCHECKED if header.unchecked else ""),
        logs_bloom=header.logs_bloom,
        unproven_logs=unproven_logs,
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

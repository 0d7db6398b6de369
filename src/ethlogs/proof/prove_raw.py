"""The proofs from the bytes that consensus hashes."""

from __future__ import annotations

from collections.abc import Sequence

from ethlogs.errors import UnprovenError
from ethlogs.proof.block import ProvenBlock, ProvenLog
from ethlogs.proof.prove import MADE_UP_STATUS
from ethlogs.proof.raw_block import RawBlock, RawHeader, parse_raw_block
from ethlogs.proof.raw_receipts import choose_receipts, have_status, read_logs
from ethlogs.proof.shapes import ShapeError, parse_data, parse_list


def parse_block(raw: object) -> RawBlock:
    """The block in the result of debug_getRawBlock; its transactions give its header's transactionsRoot.

    Raises UnprovenError where it is malformed or does not.
    """
    try:
        return parse_raw_block(parse_data(raw))
    except ShapeError as error:
        raise UnprovenError(f"a block's bytes: {error}") from None


def prove_by_block(block: RawBlock, receipts: object, block_hash: str | None = None) -> ProvenBlock:
    """Prove every field of every event log: the header's bytes give its hash, transactions and receipts its
    roots.

    ``receipts`` is the result of debug_getRawReceipts. ``block_hash`` is the hash that the block must have;
    it may be left out where the bytes say it (:attr:`RawHeader.hashes`).

    Raises UnprovenError where anything is malformed or disagrees.
    """
    header = block.header
    found = _check_hash(header, block_hash)
    logs = _prove_logs(f"block {header.number} ({found})", header, receipts, block.transactions)
    return ProvenBlock(
        number=header.number,
        hash=found,
        parent_hash=header.parent_hash,
        timestamp=header.timestamp,
        transaction_count=len(block.transactions),
        logs=tuple(logs),
        proof="block",
        logs_bloom=header.logs_bloom,
    )


def _check_hash(header: RawHeader, block_hash: str | None) -> str:
    if block_hash is None and len(header.hashes) > 1:
        raise UnprovenError(
            f"block {header.number}: the bytes of a BFT header do not say by which rule it is hashed"
        )
    if block_hash is not None and block_hash not in header.hashes:
        raise UnprovenError(
            f"block {header.number}: the header's bytes give the hash {header.hashes[0]}, not {block_hash}"
        )
    return block_hash or header.hashes[0]


def _prove_logs(
    name: str, header: RawHeader, receipts: object, transactions: Sequence[str]
) -> list[ProvenLog]:
    try:
        values = [parse_data(receipt) for receipt in parse_list(receipts)]
        if len(values) != len(transactions):
            raise ShapeError(f"{len(values)} receipts for {len(transactions)} transactions")
        chosen = choose_receipts(values, header.receipts_root)
        if chosen is not None:
            return read_logs(chosen, transactions)
    except ShapeError as error:
        raise UnprovenError(f"{name}: {error}") from None
    hint = MADE_UP_STATUS if header.is_before_london and have_status(values) else None
    wanted = header.receipts_root.hex()
    raise UnprovenError(f"{name}: the receipts do not give the header's root 0x{wanted}", hint=hint)

"""A block's bytes: what their shape must be before anything is proven from them."""

from __future__ import annotations

import pytest

from ethlogs.errors import UnprovenError
from ethlogs.proof import RawBlock, prove_by_block
from ethlogs.proof.raw_block import parse_raw_block, parse_raw_header
from ethlogs.proof.seals import BFT_MIX_HASH
from ethlogs.proof.shapes import ShapeError
from tests.unit.proof.consensus_bytes import header_items
from tests.unit.proof_samples import load_recorded, naive_rlp


def bft_header(extra_data: bytes) -> bytes:
    """A recorded header with the mark of a BFT chain and another extraData."""
    header, _ = load_recorded("quorum-ibft-38")
    items = header_items(header)
    assert "0x" + items[13].hex() == BFT_MIX_HASH
    return naive_rlp([*items[:12], extra_data, *items[13:]])


def test_a_block_has_a_header_and_transactions() -> None:
    with pytest.raises(ShapeError, match="the block has 1 parts"):
        parse_raw_block(naive_rlp([[b"header"]]))


def test_a_header_with_too_few_fields_is_refused() -> None:
    with pytest.raises(ShapeError, match="the header has 3 fields"):
        parse_raw_header(naive_rlp([b"a", b"b", b"c"]))


@pytest.mark.parametrize("extra_data", [b"no list", naive_rlp([bytes(32)] * 4)])
def test_a_bft_header_whose_seals_cannot_be_found_is_refused(extra_data: bytes) -> None:
    with pytest.raises(ShapeError, match="no known BFT chain"):
        parse_raw_header(bft_header(extra_data))


def test_a_bft_header_that_two_rules_fit_needs_the_hash_to_say_which() -> None:
    extra_data = naive_rlp([bytes(32), [b"v" * 20], [], b"\x01", [b"seal"]])
    header = parse_raw_header(bft_header(extra_data))
    assert len(header.hashes) == 2
    with pytest.raises(UnprovenError, match="do not say by which rule"):
        prove_by_block(RawBlock(header, ()), [])

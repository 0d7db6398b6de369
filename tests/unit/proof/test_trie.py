"""The encodings and the trie, against the rlp library and a trie written in another way."""

from __future__ import annotations

import random
import sys

import pytest

from ethlogs.proof import keccak256, prove_by_receipts
from ethlogs.proof.header import parse_header
from ethlogs.proof.keccak import _find_keccak256
from ethlogs.proof.receipts import ReceiptReader
from ethlogs.proof.rlp import encode_bytes, encode_list, encode_uint
from ethlogs.proof.trie import EMPTY_ROOT, trie_root
from ethlogs.proof.words import bloom_of
from tests.unit.proof_samples import (
    DATA_LENGTHS,
    make_block,
    naive_bloom,
    naive_receipt,
    naive_rlp,
    naive_root,
)

COUNTS = (0, 1, 2, 15, 16, 17, 18, 127, 128, 129, 255, 256, 257, 1000)


def test_keccak_gives_the_known_hashes() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    transfer = keccak256(b"Transfer(address,address,uint256)")
    assert transfer.hex() == "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def test_keccak_is_found_without_the_c_module(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("Crypto")
    monkeypatch.setitem(sys.modules, "eth_hash.backends.pysha3", None)
    monkeypatch.delattr("eth_hash.backends.pysha3", raising=False)
    found = _find_keccak256()
    assert found is not keccak256
    assert found(b"abc") == keccak256(b"abc")


def test_a_block_without_transactions_has_the_empty_root() -> None:
    root = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    assert trie_root([]).hex() == EMPTY_ROOT.hex() == root


@pytest.mark.parametrize("length", [*DATA_LENGTHS, 65_535, 65_536])
def test_bytes_are_encoded_as_the_rlp_library_does(length: int) -> None:
    rlp = pytest.importorskip("rlp")
    for first in (b"\x00", b"\x7f", b"\x80", b"\xff"):
        data = (first * length)[:length]
        assert encode_bytes(data) == rlp.encode(data)
        assert encode_list([encode_bytes(data)] * 2) == rlp.encode([data] * 2)


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2**63, 2**64 - 1, 2**256 - 1])
def test_integers_are_encoded_as_the_rlp_library_does(number: int) -> None:
    rlp = pytest.importorskip("rlp")
    assert encode_uint(number) == rlp.encode(number)


def test_the_tests_own_encoder_agrees_with_the_rlp_library() -> None:
    rlp = pytest.importorskip("rlp")
    item = [b"", b"a", b"a" * 55, b"a" * 56, [], [[b"b" * 300] * 3, 70_000]]
    assert naive_rlp(item) == rlp.encode(item)


@pytest.mark.parametrize("count", COUNTS)
def test_the_root_is_that_of_a_trie_built_in_another_way(count: int) -> None:
    chance = random.Random(count)  # noqa: S311
    values = [chance.randbytes(chance.randrange(264, 900)) for _ in range(count)]
    assert trie_root(values) == naive_root(values)


def test_the_root_does_not_depend_on_the_blocks_before() -> None:
    chance = random.Random(3)  # noqa: S311
    counts = [*range(1, 300, 7), *range(120, 136)]
    chance.shuffle(counts)
    for count in counts:
        values = [chance.randbytes(chance.choice((1, 20, 40, 80))) for _ in range(count)]
        assert trie_root(values) == naive_root(values), count


def test_the_root_of_more_receipts_than_two_bytes_can_number() -> None:
    # What naive_root gives, which takes five seconds.
    root = "20a051363490e4d05f25a8a263f9e828d2f5cc9364dc768cf10f54abd956d22d"
    assert trie_root([bytes(300)] * 65_600).hex() == root


@pytest.mark.parametrize("count", COUNTS)
def test_a_block_of_all_receipt_types_is_proven(count: int) -> None:
    header, receipts = make_block(count, seed=count)
    block = prove_by_receipts(header, receipts)
    assert block.transaction_count == count
    assert [log.log_index for log in block.logs] == list(range(sum(len(r["logs"]) for r in receipts)))


def test_each_receipt_is_encoded_as_by_the_rlp_library() -> None:
    pytest.importorskip("rlp")
    header, receipts = make_block(60, seed=5)
    reader = ReceiptReader(parse_header(header))
    for index, receipt in enumerate(receipts):
        assert reader.read(index, receipt) == naive_receipt(receipt)


def test_the_bloom_of_a_word_is_that_of_the_yellow_paper() -> None:
    chance = random.Random(3)  # noqa: S311
    for length in (20, 32):
        word = chance.randbytes(length)
        log = {"address": "0x" + word.hex(), "topics": []}
        assert bloom_of(word) == naive_bloom([log])


def test_a_keccak_that_gives_wrong_hashes_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eth_hash.backends.pysha3.keccak256", lambda _data: bytes(32))
    with pytest.raises(ImportError, match="wrong hash"):
        _find_keccak256()

"""Event logs from receipts' bytes: the root has been compared, and their shape is checked all the same."""

from __future__ import annotations

from typing import Any

import pytest

from ethlogs.proof.raw_receipts import choose_receipts, have_status, read_logs
from ethlogs.proof.shapes import ShapeError
from ethlogs.proof.trie import trie_root
from tests.unit.proof_samples import naive_rlp

TRANSACTION = "0x" + "22" * 32
ADDRESS = b"\x11" * 20
BLOOM = bytes(256)
STATUS = 1
STATE_ROOT = b"\x33" * 32
DEPOSIT = b"\x7e"


def receipt(logs: Any, *, outcome: Any = STATUS, bloom: bytes = BLOOM) -> bytes:
    """A receipt without a type."""
    return naive_rlp([outcome, 21_000, bloom, logs])


def read(data: bytes) -> list[Any]:
    return list(read_logs([data], [TRANSACTION]))


@pytest.mark.parametrize("data", [b"", b"\x05", b"\x80", b"d" * 55, b"d" * 56, b"d" * 70_000], ids=len)
@pytest.mark.parametrize("topics", range(5))
def test_a_log_of_any_size_is_read(topics: int, data: bytes) -> None:
    log = [ADDRESS, [bytes([number]) * 32 for number in range(topics)], data]
    found = read(receipt([log, log]))
    assert [(one.address, one.data, one.log_index) for one in found] == [
        ("0x" + ADDRESS.hex(), "0x" + data.hex(), index) for index in range(2)
    ]
    assert found[0].topics == ["0x" + f"{number:02x}" * 32 for number in range(topics)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (receipt([b"no list"]), "log 0 is not a list with an address"),
        (receipt([[b"\x11" * 19, [], b""]]), "log 0 is not a list with an address"),
        (receipt([[ADDRESS, [b"t" * 31, b"t" * 32], b"d" * 99]]), "not 32 bytes long"),
        (receipt([[ADDRESS, [], [b"a list"]]]), "log 0 has a list where its data must be"),
        (receipt(b"no list"), "has no list of logs"),
        (receipt([], bloom=bytes(255)), "has no bloom"),
        (naive_rlp([STATUS, 1]), "is not a list with a bloom"),
        (b"", "receipt 0"),
    ],
)
def test_another_shape_is_refused_with_the_receipts_index(data: bytes, reason: str) -> None:
    with pytest.raises(ShapeError, match=f"receipt 0.*{reason}" if reason != "receipt 0" else reason):
        read(data)


def test_a_log_that_reaches_behind_its_list_is_refused() -> None:
    whole = receipt([[ADDRESS, [], b"d" * 10]])
    longer = whole[:-11] + bytes([0x80 + 30]) + whole[-10:]
    with pytest.raises(ShapeError, match="end elsewhere than their list"):
        read(longer + bytes(30))


def test_logs_that_reach_behind_their_receipt_are_refused() -> None:
    whole = receipt([[ADDRESS, [], b"d" * 10]])
    with pytest.raises(ShapeError, match="receipt 0: has logs beyond its end"):
        read(whole[:-1])


def test_a_root_that_no_reading_gives_chooses_nothing() -> None:
    assert choose_receipts([receipt([])], bytes(32)) is None


@pytest.mark.parametrize(
    "deposit",
    [
        DEPOSIT + naive_rlp([STATUS, 21_000, BLOOM, []]),
        DEPOSIT + b"\xff",
        b"\xbf" + bytes(9),
    ],
    ids=["without a nonce", "cut off", "a string that is cut off"],
)
def test_what_cannot_be_unwrapped_is_taken_as_it_is(deposit: bytes) -> None:
    values = [receipt([]), deposit]
    assert choose_receipts(values, trie_root(values)) == values
    assert choose_receipts(values, bytes(32)) is None


def test_a_status_is_told_from_a_state_root() -> None:
    assert have_status([receipt([], outcome=STATE_ROOT), receipt([])])
    assert not have_status([receipt([], outcome=STATE_ROOT)])
    assert not have_status([b"\x02" + receipt([])]), "a receipt with a type always has a status"

"""Reading RLP: what the rlp library encodes is read back, and nothing else is read at all."""

from __future__ import annotations

import pytest

from ethlogs.proof import rlp_reader
from ethlogs.proof.rlp_reader import read_bytes, read_item, read_list, read_only_item, read_uint
from ethlogs.proof.shapes import UINT64_MAX, ShapeError
from tests.unit.proof_samples import DATA_LENGTHS, naive_rlp


@pytest.mark.parametrize("length", [*DATA_LENGTHS, 65_536])
def test_a_string_is_read_back(length: int) -> None:
    for first in (b"\x00", b"\x7f", b"\x80", b"\xff"):
        content = (first * length)[:length]
        data = naive_rlp(content)
        item = read_only_item(data)
        assert (item.content(data), item.is_list) == (content, False)
        assert read_bytes(data, item, length) == content


def test_a_list_is_read_one_level_at_a_time() -> None:
    data = naive_rlp([b"a" * 60, [b"b", [b"c"]], [], 7])
    items = read_list(data, read_only_item(data))
    assert [item.is_list for item in items] == [False, True, True, False]
    assert items[1].encoding(data) == naive_rlp([b"b", [b"c"]])
    assert read_uint(data, items[3], 255) == 7


def test_lists_in_lists_without_end_cost_one_level() -> None:
    data = naive_rlp([])
    for _ in range(2_000):
        data = naive_rlp([data[:0], data])
    assert len(read_list(data, read_only_item(data))) == 2


NOT_CANONICAL = {
    "nothing": "",
    "a single byte with a prefix": "8100",
    "a short string with a long prefix": "b801ff",
    "a length with a leading zero": "b90038" + "ff" * 56,
    "a length of 55 with a long prefix": "b837" + "ff" * 55,
    "a short list with a long prefix": "f801c0",
    "a string that is cut": "83ffff",
    "a list that is cut": "c3c0c0",
    "a length that is cut": "b9ff",
    "a length of eight bytes": "bf" + "ff" * 8,
    "a list's length of eight bytes": "ff" + "ff" * 8,
    "something behind it": "c0c0",
    "zeros": "00" * 1_000,
}


@pytest.mark.parametrize("name", NOT_CANONICAL)
def test_what_is_not_one_canonical_item_is_refused(name: str) -> None:
    with pytest.raises(ShapeError):
        read_only_item(bytes.fromhex(NOT_CANONICAL[name]))


def test_an_item_does_not_reach_beyond_its_list() -> None:
    data = bytes.fromhex("c183ffffff")
    with pytest.raises(ShapeError, match="3 bytes where 0 are left"):
        read_list(data, read_item(data, 0, len(data)))


@pytest.mark.parametrize("text", ["00", "820001", "c0", "89" + "ff" * 9])
def test_what_is_no_integer_is_refused(text: str) -> None:
    data = bytes.fromhex(text)
    with pytest.raises(ShapeError, match="integer"):
        read_uint(data, read_only_item(data), UINT64_MAX)


def test_a_string_where_a_list_must_be_is_refused() -> None:
    with pytest.raises(ShapeError, match="string where an RLP list"):
        read_list(b"\x80", read_only_item(b"\x80"))


@pytest.mark.parametrize("data", [naive_rlp(b"a" * 31), naive_rlp([b"a" * 31])])
def test_bytes_of_another_length_are_refused(data: bytes) -> None:
    with pytest.raises(ShapeError, match="where 32 must be"):
        read_bytes(data, read_only_item(data), 32)


def test_a_list_of_more_items_than_any_block_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rlp_reader, "MAX_ITEMS", 100)
    for count in (100, 101):
        data = naive_rlp([b"\x01"] * count)
        if count == 100:
            assert len(read_list(data, read_only_item(data))) == count
        else:
            with pytest.raises(ShapeError, match="more than 100 items"):
                read_list(data, read_only_item(data))

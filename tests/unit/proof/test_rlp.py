"""RLP as the Ethereum wiki's examples have it."""

from __future__ import annotations

import pytest

from ethlogs.proof.rlp import EMPTY, encode_bytes, encode_list, encode_uint


@pytest.mark.parametrize(
    ("data", "encoded"),
    [
        (b"", "80"),
        (b"\x00", "00"),
        (b"\x7f", "7f"),
        (b"\x80", "8180"),
        (b"dog", "83646f67"),
        (b"x" * 55, "b7" + "78" * 55),
        (b"x" * 56, "b838" + "78" * 56),
        (b"x" * 1024, "b90400" + "78" * 1024),
    ],
)
def test_a_string_has_a_prefix_by_its_length(data: bytes, encoded: str) -> None:
    assert encode_bytes(data).hex() == encoded


@pytest.mark.parametrize(
    ("number", "encoded"), [(0, "80"), (15, "0f"), (127, "7f"), (128, "8180"), (1024, "820400")]
)
def test_an_integer_has_no_leading_zeros(number: int, encoded: str) -> None:
    assert encode_uint(number).hex() == encoded


def test_a_list_has_a_prefix_by_the_length_of_its_items() -> None:
    assert encode_list([]).hex() == "c0"
    assert encode_list([encode_bytes(b"cat"), encode_bytes(b"dog")]).hex() == "c88363617483646f67"
    assert encode_list([EMPTY] * 56).hex() == "f838" + "80" * 56

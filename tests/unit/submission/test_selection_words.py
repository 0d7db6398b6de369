"""Addresses, topics and files of a selection, as a user writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.submission.selection_words import parse_address, parse_topic0, read_text

USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


@pytest.mark.parametrize("text", [USDC, USDC.lower(), "0x" + USDC[2:].upper()])
def test_an_address_is_taken_in_one_case_or_with_its_checksum(text: str) -> None:
    assert parse_address(text) == USDC.lower()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0x12", "is not an address"),
        (USDC[2:], "is not an address"),
        (USDC.replace("A0b", "a0b", 1), "checksum of EIP-55"),
    ],
)
def test_a_wrong_address_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_address(text)


def test_an_event_is_its_topic0_or_its_signature() -> None:
    assert parse_topic0(TRANSFER.upper().replace("0X", "0x")) == TRANSFER
    assert parse_topic0("Transfer(address,address,uint256)") == TRANSFER
    with pytest.raises(ValueError, match="is not a topic0"):
        parse_topic0("0xddf2")


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "addresses"
    path.write_bytes(b"\xef\xbb\xbf" + USDC.encode())
    assert read_text("--address", str(path)) == USDC


def test_a_file_that_cannot_be_read_is_named_with_its_flag(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"--address .* cannot be read: No such file") as caught:
        read_text("--address", str(tmp_path / "nothing"))
    assert caught.value.flag == "--address"
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="it is not text"):
        read_text("--address", str(tmp_path / "binary"))

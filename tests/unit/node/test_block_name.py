"""A block is named as people write it, and as web3 returns it."""

from __future__ import annotations

from typing import Any

import pytest
from hexbytes import HexBytes

from ethlogs.node.block_name import to_block_name

HASH = "0x" + "8C" * 32


class Integer:
    """An integer of another library, as numpy has them."""

    def __index__(self) -> int:
        return 20


@pytest.mark.parametrize(
    ("block", "name"),
    [
        ("0", "0x0"),
        ("20000000", "0x1312d00"),
        ("0x1312d00", "0x1312d00"),
        ("0x10", "0x10"),
        ("0X0A", "0xa"),
        ("latest", "latest"),
        ("Finalized", "finalized"),
        ("safe", "safe"),
        ("earliest", "earliest"),
        (HASH, HASH.lower()),
        (20_000_000, "0x1312d00"),
        (Integer(), "0x14"),
        (HexBytes(HASH), HASH.lower()),
    ],
)
def test_a_block_is_named_by_height_hash_or_tag(block: object, name: str) -> None:
    assert to_block_name(block) == name


@pytest.mark.parametrize(
    "block",
    [
        "",
        "newest",
        "pending",
        "-1",
        "0x",
        "0xg",
        "0x1_0",
        hex(2**63),
        "1.5",
        HASH[:-1],
        "\u00b2",
        str(2**63),
        "9" * 5000,
        -1,
        2**63,
        1.5,
        True,
        None,
        b"",
        b"\1" * 31,
        ["latest"],
    ],
)
def test_what_names_no_block_is_refused(block: Any) -> None:
    with pytest.raises(ValueError, match="is not a block number, a block hash or latest"):
        to_block_name(block)

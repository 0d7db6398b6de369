"""EIP-55, done on whole texts at once, gives what eth_utils gives digit by digit."""

from __future__ import annotations

from random import Random

from eth_utils.address import to_checksum_address

from ethlogs.decoding.addresses import checksum_address


def test_any_address_has_the_form_that_eth_utils_gives_it() -> None:
    chance = Random(7)  # noqa: S311 - a seed, no secret
    for _ in range(2_000):
        address = f"0x{chance.getrandbits(160):040x}"
        assert checksum_address(address) == to_checksum_address(address)

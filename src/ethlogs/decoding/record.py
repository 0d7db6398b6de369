"""The record of a stream's ABIs in its claims."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from ethlogs.settings import SelectionSettings

LISTED = 1_000
"""So many events a claim lists; the digest is that of all of them."""


class AbiRecord(msgspec.Struct, frozen=True, rename="camel"):
    """One ABI."""

    name: str
    address: str | None
    """The contract that it is for, in lower case; ``None`` for all of them."""
    events: tuple[str, ...]


class DecodingRecord(msgspec.Struct, frozen=True, rename="camel"):
    """The ABIs by which a stream's event logs are decoded."""

    digest: str
    """SHA-256 of the whole list."""
    abis: tuple[AbiRecord, ...] | None
    """In their order, which counts; ``None`` where the list is too long."""


def describe_decoding(settings: SelectionSettings) -> DecodingRecord | None:
    """Return what the claim says of it; ``None`` where nothing is decoded."""
    if not settings.abis:
        return None
    abis = tuple(AbiRecord(abi.name, abi.address, abi.events) for abi in settings.abis)
    digest = sha256(msgspec.json.encode(abis)).hexdigest()
    return DecodingRecord(digest, abis if sum(len(abi.events) for abi in abis) <= LISTED else None)

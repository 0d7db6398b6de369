"""The hashed fields of a header, their order and encoding: data, one layout for each kind of chain.

A layout proves itself: if its fields give the block's hash, it is the right one. So layouts are tried in
turn, and no chain is named anywhere else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ethlogs.proof.rlp import EMPTY, encode_bytes, encode_uint
from ethlogs.proof.seals import BFT_MIX_HASH, rewrite_aura, rewrite_bft
from ethlogs.proof.shapes import UINT256_MAX, ShapeError, parse_bytes, parse_data, parse_quantity

T = TypeVar("T")

Encode = Callable[[object], bytes]
Fields = Mapping[str, Any]


def _fixed(length: int) -> Encode:
    return lambda value: encode_bytes(parse_bytes(value, length))


def _number(value: object) -> bytes:
    return encode_uint(parse_quantity(value, UINT256_MAX))


def _any_bytes(value: object) -> bytes:
    return encode_bytes(parse_data(value))


@dataclass(frozen=True)
class Layout:
    """The hashed fields of a header with their encodings."""

    always: Mapping[str, Encode]
    later_forks: Mapping[str, Encode]
    """Each fork adds its fields after those of the fork before it."""
    applies: Callable[[Fields], bool] = lambda _fields: True
    """Whether a header with these fields may be one of this layout."""
    rewrite: Callable[[Fields], Iterator[Fields]] = lambda fields: iter((fields,))
    """The fields as they are hashed, where these are not the fields that a node sends."""
    has_empty_gaps: bool = False
    """Whether a field that is left out before a later one is hashed as empty."""

    @property
    def names(self) -> frozenset[str]:
        """All fields that may be hashed."""
        return frozenset(self.always) | frozenset(self.later_forks)

    def missing(self, fields: Fields) -> list[str]:
        """The fields that must be hashed and are left out."""
        names = [*self.always, *([] if self.has_empty_gaps else self._later_names(fields))]
        return [name for name in names if fields.get(name) is None]

    def encode(self, fields: Fields) -> Iterator[list[bytes]]:
        """The encoded fields of each header that this may be, the likeliest first.

        All fields that are there come first. Then the newest forks' fields are left out one by one: a node
        may name fields that the chain does not hash. Nothing comes where a field that is always hashed is
        missing or malformed.
        """
        with contextlib.suppress(ShapeError):
            for hashed in self.rewrite(fields):
                fixed = self._encode_always(hashed)
                later: list[bytes] = []
                with contextlib.suppress(ShapeError):  # what came before the malformed one is kept
                    later.extend(self._encode_later(hashed))
                for length in range(len(later), -1, -1):
                    yield fixed + later[:length]

    def encode_all(self, fields: Fields) -> list[bytes]:
        """The encoded fields that are there. Raises ShapeError where one is missing or malformed."""
        hashed = next(self.rewrite(fields))
        return [*self._encode_always(hashed), *self._encode_later(hashed)]

    def _encode_always(self, fields: Fields) -> list[bytes]:
        return [read_field(fields, name, encode) for name, encode in self.always.items()]

    def _encode_later(self, fields: Fields) -> Iterator[bytes]:
        for name in self._later_names(fields):
            if fields.get(name) is not None:
                yield read_field(fields, name, self.later_forks[name])
            elif self.has_empty_gaps:
                yield EMPTY

    def _later_names(self, fields: Fields) -> list[str]:
        """The later forks' fields up to the last one that is there."""
        names = list(self.later_forks)
        while names and fields.get(names[-1]) is None:
            names.pop()
        return names


def read_field(fields: Fields, name: str, parse: Callable[[object], T]) -> T:
    """The parsed field. Raises ShapeError where it is missing (null counts as missing) or malformed."""
    value = fields.get(name)
    if value is None:
        raise ShapeError(f"the header lacks {name}")
    try:
        return parse(value)
    except ShapeError as error:
        raise ShapeError(f"the header's {name} {error}") from None


# The fields that begin every header, and whose places a reader of the bytes relies on.
_COMMON: dict[str, Encode] = {
    "parentHash": _fixed(32),
    "sha3Uncles": _fixed(32),
    "miner": _fixed(20),
    "stateRoot": _fixed(32),
    "transactionsRoot": _fixed(32),
    "receiptsRoot": _fixed(32),
    "logsBloom": _fixed(256),
    "difficulty": _number,
    "number": _number,
    "gasLimit": _number,
    "gasUsed": _number,
    "timestamp": _number,
    "extraData": _any_bytes,
}
_FRONTIER = _COMMON | {"mixHash": _fixed(32), "nonce": _fixed(8)}
_LATER_FORKS: dict[str, Encode] = {
    "baseFeePerGas": _number,  # London, EIP-1559
    "withdrawalsRoot": _fixed(32),  # Shanghai, EIP-4895
    "blobGasUsed": _number,  # Cancun, EIP-4844
    "excessBlobGas": _number,
    "parentBeaconBlockRoot": _fixed(32),  # Cancun, EIP-4788
    "requestsHash": _fixed(32),  # Prague, EIP-7685
    "blockAccessListHash": _fixed(32),  # Amsterdam, EIP-7928
    "slotNumber": _number,  # Amsterdam, EIP-7843
}

# Ethereum, and every chain that adds nothing to its header or nothing that is hashed: OP Stack, Arbitrum,
# Polygon, BSC, Sonic, Linea, Scroll, Gnosis since its merge.
ETHEREUM = Layout(_FRONTIER, _LATER_FORKS)

AVALANCHE = Layout(
    _FRONTIER | {"extDataHash": _fixed(32)},
    {
        "baseFeePerGas": _number,
        "extDataGasUsed": _number,
        "blockGasCost": _number,
        "blobGasUsed": _number,
        "excessBlobGas": _number,
        "parentBeaconBlockRoot": _fixed(32),
        "timestampMilliseconds": _number,
        "minDelayExcess": _number,
    },
    applies=lambda fields: fields.get("extDataHash") is not None,
    has_empty_gaps=True,
)

# Gnosis before its merge, Fuse, POA: a step and a signature in the place of mixHash and nonce.
AURA = Layout(
    _COMMON | {"step": _number, "signature": _any_bytes},
    _LATER_FORKS,
    applies=lambda fields: any(fields.get(name) is not None for name in ("sealFields", "step", "auraStep")),
    rewrite=rewrite_aura,
)

# Besu and GoQuorum with IBFT or QBFT: the seals in extraData are made of the hash, so they are not in it.
BFT = Layout(
    _FRONTIER,
    _LATER_FORKS,
    applies=lambda fields: str(fields.get("mixHash")).lower() == BFT_MIX_HASH,
    rewrite=rewrite_bft,
)

LAYOUTS = (ETHEREUM, AVALANCHE, AURA, BFT)

# What nodes add to a header and is not hashed on any of these chains.
UNHASHED_FIELDS = frozenset(
    (
        *("hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals", "author"),
        *("l1BlockNumber", "sendRoot", "sendCount"),  # Arbitrum
        *("milliTimestamp", "epoch", "timestampNano"),  # BSC, Sonic
        "blockExtraData",  # Avalanche
        *("sealFields", "auraStep", "auraSeal"),  # AuRa's step and signature in other spellings
    )
)

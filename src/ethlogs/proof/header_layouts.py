"""Which fields of a header are hashed, in which order and encoding: data, one layout for each kind of chain.

A layout proves itself: if its fields give the block's hash, it is the right one. So layouts are tried in
turn and no chain is named anywhere else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ethlogs.proof.rlp import encode_bytes, encode_uint
from ethlogs.proof.shapes import ShapeError, parse_bytes, parse_data, parse_quantity

T = TypeVar("T")

_UINT256_MAX = 2**256 - 1

Encode = Callable[[object], bytes]


def _fixed(length: int) -> Encode:
    return lambda value: encode_bytes(parse_bytes(value, length))


def _number(value: object) -> bytes:
    return encode_uint(parse_quantity(value, _UINT256_MAX))


def _any_bytes(value: object) -> bytes:
    return encode_bytes(parse_data(value))


@dataclass(frozen=True)
class Layout:
    """The hashed fields of a header with their encodings."""

    always: Mapping[str, Encode]
    later_forks: Mapping[str, Encode]
    """Each fork adds its fields after those of the fork before it."""

    @property
    def names(self) -> frozenset[str]:
        """All fields that may be hashed."""
        return frozenset(self.always) | frozenset(self.later_forks)

    def missing(self, fields: Mapping[str, Any]) -> list[str]:
        """The fields that must be hashed and are left out."""
        later = [fields.get(name) is not None for name in self.later_forks]
        known = len(later) - later[::-1].index(True) if True in later else 0
        names = [*self.always, *list(self.later_forks)[:known]]
        return [name for name in names if fields.get(name) is None]

    def encode(self, fields: Mapping[str, Any]) -> Iterator[list[bytes]]:
        """The encoded fields of each header that this may be, the likeliest first.

        All fields that are there come first. Then the newest forks' fields are left out one by one: a node
        may name fields that the chain does not hash.

        Raises ShapeError where one of the fields that are always hashed is missing or malformed.
        """
        fixed = [read_field(fields, name, encode) for name, encode in self.always.items()]
        later: list[bytes] = []
        with contextlib.suppress(ShapeError):  # what came before the malformed one is kept
            later.extend(self._encode_later(fields))
        for length in range(len(later), -1, -1):
            yield fixed + later[:length]

    def encode_all(self, fields: Mapping[str, Any]) -> list[bytes]:
        """The encoded fields that are there. Raises ShapeError where one is missing or malformed."""
        fixed = [read_field(fields, name, encode) for name, encode in self.always.items()]
        return fixed + list(self._encode_later(fields))

    def _encode_later(self, fields: Mapping[str, Any]) -> Iterator[bytes]:
        for name, encode in self.later_forks.items():
            if fields.get(name) is not None:
                yield read_field(fields, name, encode)


def read_field(fields: Mapping[str, Any], name: str, parse: Callable[[object], T]) -> T:
    """The parsed field. Raises ShapeError where it is missing (null counts as missing) or malformed."""
    value = fields.get(name)
    if value is None:
        raise ShapeError(f"the header lacks {name}")
    try:
        return parse(value)
    except ShapeError as error:
        raise ShapeError(f"the header's {name} {error}") from None


ETHEREUM = Layout(
    always={
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
        "mixHash": _fixed(32),
        "nonce": _fixed(8),
    },
    later_forks={
        "baseFeePerGas": _number,  # London, EIP-1559
        "withdrawalsRoot": _fixed(32),  # Shanghai, EIP-4895
        "blobGasUsed": _number,  # Cancun, EIP-4844
        "excessBlobGas": _number,
        "parentBeaconBlockRoot": _fixed(32),  # Cancun, EIP-4788
        "requestsHash": _fixed(32),  # Prague, EIP-7685
        "blockAccessListHash": _fixed(32),  # Amsterdam, EIP-7928
        "slotNumber": _number,  # Amsterdam, EIP-7843
    },
)

LAYOUTS = (ETHEREUM,)

# What nodes add to a header and is never hashed.
UNHASHED_FIELDS = frozenset(
    ("hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals", "author")
)

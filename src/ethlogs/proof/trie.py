"""The root of a block's receipts or transactions (Yellow Paper, appendix D), built from the leaves up.

A general trie inserts key by key and encodes each node many times. Here all keys are known, and so
is their order: the tree is cut top-down into runs of neighbours with the same prefix and each node
is encoded and hashed exactly once. No key is a prefix of another (they are RLP), so a branch never
holds a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ethlogs.proof.keccak import keccak256
from ethlogs.proof.rlp import EMPTY, encode_bytes, encode_list, encode_uint

EMPTY_ROOT = keccak256(EMPTY)

_LEAF, _EXTENSION = 2, 0


def trie_root(values: Sequence[bytes]) -> bytes:
    """The root over ``rlp(index) -> value``, in the order of the block."""
    if not values:
        return EMPTY_ROOT
    order = indexes_by_key(len(values))
    keys = [encode_uint(index).hex() for index in order]
    return keccak256(_Run(keys, [values[index] for index in order]).encode_node(0, len(keys), 0))


def indexes_by_key(count: int) -> list[int]:
    """Indexes in the order of their keys: 1 to 127 are one byte, 0 is 0x80, the rest are above it."""
    return [*range(1, min(count, 128)), 0, *range(128, count)]


class _Run:
    """Sorted keys, as text of one character a nibble, and their values."""

    def __init__(self, keys: list[str], values: list[bytes]) -> None:
        self.keys = keys
        self.values = values

    def encode_node(self, start: int, end: int, depth: int) -> bytes:
        """The node over ``keys[start:end]``, which agree in their first ``depth`` nibbles."""
        if end - start == 1:
            path = _encode_path(self.keys[start][depth:], _LEAF)
            return encode_list((path, encode_bytes(self.values[start])))
        shared = _shared_length(self.keys[start], self.keys[end - 1])
        branch = self._encode_branch(start, end, shared)
        if shared == depth:
            return branch
        return encode_list((_encode_path(self.keys[start][depth:shared], _EXTENSION), _reference(branch)))

    def _encode_branch(self, start: int, end: int, depth: int) -> bytes:
        children = [EMPTY] * 17  # one a nibble, and the value that no branch here has
        while start < end:
            nibble = self.keys[start][depth]
            stop = start + 1
            while stop < end and self.keys[stop][depth] == nibble:
                stop += 1
            children[int(nibble, 16)] = _reference(self.encode_node(start, stop, depth + 1))
            start = stop
        return encode_list(children)


def _shared_length(first: str, last: str) -> int:
    """Return how many nibbles two different keys, and so all keys sorted between them, begin with alike."""
    length = 0
    while first[length] == last[length]:
        length += 1
    return length


def _reference(node: bytes) -> bytes:
    """A node is referred to by its hash, unless it is shorter than that."""
    return node if len(node) < 32 else b"\xa0" + keccak256(node)


@lru_cache(maxsize=4096)  # the ends of keys, which all blocks have alike
def _encode_path(nibbles: str, kind: int) -> bytes:
    """Hex-prefix encoding: the kind and the parity share the first nibble."""
    odd = len(nibbles) % 2
    return encode_bytes(bytes.fromhex(f"{kind + odd}{'' if odd else '0'}{nibbles}"))

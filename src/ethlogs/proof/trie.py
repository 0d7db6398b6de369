"""The root of a block's receipts or transactions (Yellow Paper, appendix D), built from the leaves up.

A general trie inserts key by key and encodes each node many times. Here all keys are known, and so
is their order: the tree is cut top-down into runs of neighbours with the same prefix and each node
is encoded and hashed exactly once. No key is a prefix of another (they are RLP), so a branch never
holds a value. Which nodes there are follows from the number of values alone, and most of them are
those of every other block: they are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from ethlogs.proof.keccak import keccak256
from ethlogs.proof.rlp import EMPTY, encode_bytes, encode_list, encode_uint, list_prefix, string_prefix

EMPTY_ROOT = keccak256(EMPTY)

_LEAF, _EXTENSION = 2, 0
_ZERO = 127  # index 0 has the key 0x80: it stands behind those of 1 to 127, which are one byte


class _Branch(NamedTuple):
    """A branch without its values, and the extension above it."""

    path: bytes
    """The extension's encoded path; empty where there is no extension."""
    leaves: tuple[tuple[int, bytes, int], ...]
    """Of each its nibble, its encoded path, and the index of its value."""
    branches: tuple[tuple[int, _Branch], ...]


def trie_root(values: Sequence[bytes]) -> bytes:
    """The root over ``rlp(index) -> value``, in the order of the block."""
    count = len(values)
    if count < 2:
        path = _encode_path(_key(0), _LEAF)
        return keccak256(_encode_leaf(path, values[0])) if count else EMPTY_ROOT
    return keccak256(_encode_branch(_shape(0, count, 0, min(count - 1, _ZERO)), values))


@lru_cache(maxsize=1024)
def _shape(start: int, end: int, depth: int, zero: int | None) -> _Branch:
    """The branch over the places ``start`` to ``end`` of all keys in order, which agree in ``depth`` nibbles.

    Index 0 is at the place ``zero``; without it the places of a run are the same for each number of values.
    """
    shared = _shared_length(_key(_index(start, zero)), _key(_index(end - 1, zero)))
    leaves, branches = [], []
    first = _key(_index(start, zero))
    while start < end:
        key = _key(_index(start, zero))
        stop = start + 1
        while stop < end and _key(_index(stop, zero))[shared] == key[shared]:
            stop += 1
        nibble = int(key[shared], 16)
        if stop - start == 1:
            leaves.append((nibble, _encode_path(key[shared + 1 :], _LEAF), _index(start, zero)))
        else:
            within = zero if zero is not None and start <= zero < stop else None
            branches.append((nibble, _shape(start, stop, shared + 1, within)))
        start = stop
    path = _encode_path(first[depth:shared], _EXTENSION) if shared > depth else b""
    return _Branch(path, tuple(leaves), tuple(branches))


def _index(place: int, zero: int | None) -> int:
    """The index whose key is at a place of all keys in order."""
    if place == zero:
        return 0
    return place + 1 if place < _ZERO else place


def _key(index: int) -> str:
    """A value's key, as text of one character a nibble."""
    return encode_uint(index).hex()


def _shared_length(first: str, last: str) -> int:
    """Return how many nibbles two different keys, and so all keys sorted between them, begin with alike."""
    length = 0
    while first[length] == last[length]:
        length += 1
    return length


def _encode_branch(branch: _Branch, values: Sequence[bytes]) -> bytes:
    """A branch with its values, and the extension above it."""
    children = [EMPTY] * 17  # one a nibble, and the value that no branch here has
    for nibble, path, index in branch.leaves:
        children[nibble] = _reference(_encode_leaf(path, values[index]))
    for nibble, child in branch.branches:
        children[nibble] = _reference(_encode_branch(child, values))
    node = encode_list(children)
    return encode_list((branch.path, _reference(node))) if branch.path else node


def _encode_leaf(path: bytes, value: bytes) -> bytes:
    """A path and a value, in one piece: the value is most of what a root hashes."""
    length = len(value)
    if length < 56:
        return encode_list((path, encode_bytes(value)))
    prefix = string_prefix(length)
    return b"".join((list_prefix(len(path) + len(prefix) + length), path, prefix, value))


def _reference(node: bytes) -> bytes:
    """A node is referred to by its hash, unless it is shorter than that."""
    return node if len(node) < 32 else b"\xa0" + keccak256(node)


def _encode_path(nibbles: str, kind: int) -> bytes:
    """Hex-prefix encoding: the kind and the parity share the first nibble."""
    odd = len(nibbles) % 2
    return encode_bytes(bytes.fromhex(f"{kind + odd}{'' if odd else '0'}{nibbles}"))

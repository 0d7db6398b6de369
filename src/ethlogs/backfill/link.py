"""Linking a hull before anything of it is committed: every header hashes to what its child names.

Tasks walk segments and the driver joins their ends, with what is known on both sides. A block's hash commits
to its parent, so below a hash that is known nothing can be exchanged any more: hulls are linked from the top
down, each when the one above it is filled.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ethlogs.backfill.plan import Hull
from ethlogs.errors import BrokenChainError
from ethlogs.node import BlockSource

HASH_BYTES = 32
_HEADERS_AT_ONCE = 16
"""For each request under way, between two looks at the clock."""


@dataclass(frozen=True)
class Segment:
    """The hashes of consecutive heights, linked to each other."""

    first: int
    parent: bytes
    """The parent hash of the first one."""
    hashes: bytes

    @property
    def last(self) -> int:
        """The last one's height."""
        return self.first + len(self.hashes) // HASH_BYTES - 1

    @property
    def last_hash(self) -> bytes:
        """The hash of the last one."""
        return self.hashes[-HASH_BYTES:]


def walk_segment(
    source: BlockSource, first: int, last: int, requests: int, limit_seconds: float = float("inf")
) -> Segment:
    """Fetch the headers of a range, so many at once, and link them.

    When the time is over, the segment ends before the last one: a slow node must not hold a task for hours.

    Raises
    ------
    BrokenChainError
        Where one is not the child of the one before it.
    NodeError
        As :meth:`ethlogs.node.BlockSource.fetch_header`.
    """
    deadline = time.monotonic() + limit_seconds
    hashes = bytearray()
    parent, following, at_once = b"", first, _HEADERS_AT_ONCE * requests
    with ThreadPoolExecutor(requests, thread_name_prefix="headers") as threads:
        while following <= last and (not hashes or time.monotonic() < deadline):
            some = range(following, min(last + 1, following + at_once))
            for header in threads.map(source.fetch_header, some):
                named = to_bytes(header.parent_hash)
                if not hashes:
                    parent = named
                elif named != bytes(hashes[-HASH_BYTES:]):
                    raise broken_chain(header.number, bytes(hashes[-HASH_BYTES:]), named)
                hashes += to_bytes(header.hash)
            following = some.stop
    return Segment(first, parent, bytes(hashes))


class LinkedHull:
    """The hashes of a hull: 32 bytes a height, some megabytes."""

    def __init__(self, hull: Hull) -> None:
        self.hull = hull
        self._hashes = bytearray((hull.last - hull.first + 1) * HASH_BYTES)
        self._ends: dict[int, tuple[bytes, bytes]] = {}

    def add(self, segment: Segment) -> None:
        """Take a segment, in any order; safe to call from several threads."""
        start = (segment.first - self.hull.first) * HASH_BYTES
        self._hashes[start : start + len(segment.hashes)] = segment.hashes
        self._ends[segment.first] = segment.parent, segment.last_hash

    def hash_of(self, height: int) -> bytes:
        """Return the hash of a height."""
        start = (height - self.hull.first) * HASH_BYTES
        return bytes(self._hashes[start : start + HASH_BYTES])

    @property
    def parent(self) -> bytes:
        """The parent hash of the lowest height."""
        return self._ends[self.hull.first][0]

    def close_chain(self, known: Mapping[int, bytes], child_names: bytes | None) -> None:
        """Join the segments, and both ends to what is known there.

        ``known`` are hashes of the ledger by height: the block below the hull, and any within it.
        ``child_names`` is the parent hash of the block above it, of the ledger or of the hull linked before.

        Raises
        ------
        BrokenChainError
            With the height at which the chain is broken.
        """
        before = known.get(self.hull.first - 1)
        for first in sorted(self._ends):
            parent, last_hash = self._ends[first]
            if before is not None and parent != before:
                raise broken_chain(first, before, parent)
            before = last_hash
        if child_names is not None and before is not None and child_names != before:
            raise broken_chain(self.hull.last + 1, before, child_names)
        for height, block_hash in known.items():
            if self.hull.first <= height <= self.hull.last and self.hash_of(height) != block_hash:
                raise broken_chain(height + 1, self.hash_of(height), block_hash)


def to_bytes(block_hash: str) -> bytes:
    """Convert a hash of hex text."""
    return bytes.fromhex(block_hash[2:])


def broken_chain(height: int, parent: bytes, named: bytes) -> BrokenChainError:
    """Return the error of a chain that is broken at a height."""
    return BrokenChainError(
        f"the chain is broken at block {height}: block {height - 1} is 0x{parent.hex()}, and block"
        f" {height} is a child of 0x{named.hex()}; what does not join the blocks above it is not committed",
        hint="are the nodes of one chain and in sync? Give --node-url of another node; where the ledger has"
        " the wrong blocks, ethlogs verify names them",
    )

"""The chain's side: proven blocks with the records that their event logs must have, fetched ahead."""

from __future__ import annotations

from collections import OrderedDict
from types import TracebackType

from ethlogs.cancellation import StopSwitch
from ethlogs.node import BlockSource
from ethlogs.stream.block import BlockEncoder, PreparedBlock, prepare_block
from ethlogs.stream.prefetch import Prefetcher

_TAKE_SECONDS = 0.5
_KNOWN_HASHES = 1024


class ChainReader:
    """Blocks by height; those of rising heights are under way before they are asked for."""

    def __init__(self, source: BlockSource, encoder: BlockEncoder, last: int, stop: StopSwitch) -> None:
        self._source = source
        self._encoder = encoder
        self._last = last
        self._stop = stop
        self._prefetcher: Prefetcher | None = None
        self._next = -1
        self._hashes: OrderedDict[int, str | None] = OrderedDict()

    def __enter__(self) -> ChainReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._prefetcher is not None:
            self._prefetcher.close()

    def fetch(self, height: int) -> PreparedBlock:
        """The canonical block at ``height``, proven once more.

        Raises
        ------
        NodeError
            When no node can give or prove it.
        """
        if self._prefetcher is None or height != self._next:
            self._start_at(height)
        block = self._take()
        self._next = height + 1
        return block

    def fetch_one(self, height: int) -> PreparedBlock:
        """A block out of the order of the others."""
        return self._prepare(height)

    def fetch_hash(self, height: int) -> str | None:
        """Return the canonical hash at ``height``, if there is one; a stray record is judged by it."""
        if height not in self._hashes:
            self._hashes[height] = self._source.fetch_hash(height)
            while len(self._hashes) > _KNOWN_HASHES:
                self._hashes.popitem(last=False)
        return self._hashes[height]

    def _start_at(self, height: int) -> None:
        if self._prefetcher is not None:
            self._prefetcher.close()
        self._prefetcher = Prefetcher(self._prepare, height)
        self._prefetcher.extend(max(height, self._last))

    def _take(self) -> PreparedBlock:
        while True:
            self._stop.check()
            block = self._prefetcher.take(_TAKE_SECONDS) if self._prefetcher else None
            if block is not None:
                return block

    def _prepare(self, height: int) -> PreparedBlock:
        return prepare_block(self._source, self._encoder, height)

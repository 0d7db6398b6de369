"""Fetching and proving a block once, in the best way that the settings ask for and the URL gives."""

from __future__ import annotations

import contextlib

from ethlogs.errors import BlockNotFoundError, UnprovenError
from ethlogs.node.asker import Asker
from ethlogs.node.block_name import is_hash
from ethlogs.node.fetched_block import FetchedBlock
from ethlogs.node.json_blocks import JsonBlocks
from ethlogs.node.raw_blocks import RawBlocks
from ethlogs.node.remarks import Remarks
from ethlogs.node.rpc import Answer
from ethlogs.node.verdicts import parse_quantity
from ethlogs.proof import Header, exclude_block
from ethlogs.proof.shapes import show
from ethlogs.selection import BloomExclusion
from ethlogs.settings import ProofSettings


class BlockFetcher:
    """Each block is proven as the settings ask for: ``auto`` takes the bytes where the URL gives them, else
    JSON. Safe to use from several threads.

    Its methods raise NodeError: BlockNotFoundError for what is not there, UnprovenError for answers that
    disagree, else as the asker.
    """

    def __init__(
        self, asker: Asker, proof: ProofSettings, remarks: Remarks, *, weaker_if_missing: bool
    ) -> None:
        """``weaker_if_missing`` says whether JSON is asked for a block whose bytes are not there."""
        self._asker = asker
        self._least = proof.least
        self._json = JsonBlocks(asker, unchecked_headers=proof.unchecked_headers)
        self._raw = RawBlocks(asker)
        self._remarks = remarks
        self._weaker_if_missing = weaker_if_missing

    def fetch(
        self, height: int, exclusion: BloomExclusion | None = None, block_hash: str | None = None
    ) -> FetchedBlock:
        """Fetch the canonical block at ``height``, by its header alone where its bloom excludes it.

        ``block_hash`` is the hash that it must have, where that is known.
        """
        return self._fetch(height, hex(height), None, exclusion, block_hash)

    def fetch_named(self, block: str) -> FetchedBlock:
        """Fetch a block by its hash, height (as hex) or tag."""
        if block.startswith("0x") and not is_hash(block):
            return self.fetch(int(block, 16))
        header = self._json.fetch_header(block)
        return self._fetch(_number_of(header), block, header)

    def fetch_header(self, height: int) -> Header:
        """Fetch the header of the canonical block at ``height``, whose fields give its hash."""
        header = self._json.parse(self._json.fetch_header(hex(height)))
        _require_height(height, header.number)
        return header

    def _fetch(
        self,
        height: int,
        name: str,
        header: Answer | None,
        exclusion: BloomExclusion | None = None,
        block_hash: str | None = None,
    ) -> FetchedBlock:
        """``header`` is there where only a hash or tag was known."""
        fetched = self._fetch_as_needed(height, name, header, exclusion, block_hash)
        _require_height(height, fetched.block.number)
        _require_hash(height, block_hash, fetched.block.hash)
        self._remarks.tell(fetched.block)
        return fetched

    def _fetch_as_needed(
        self,
        height: int,
        name: str,
        header: Answer | None,
        exclusion: BloomExclusion | None,
        block_hash: str | None,
    ) -> FetchedBlock:
        """By the header alone where its bloom excludes the block, else in full."""
        if exclusion is not None and self._least == "auto" and exclusion.is_trusted:
            header = header or self._json.fetch_header(name)
            # A header that cannot be checked excludes nothing; its bytes may still prove the block.
            with contextlib.suppress(UnprovenError):
                parsed = self._json.parse(header)
                if exclusion.excludes(parsed):
                    return FetchedBlock(exclude_block(parsed), header.size_bytes)
        return self._fetch_best(height, name, header, block_hash)

    def _fetch_best(
        self, height: int, name: str, header: Answer | None, block_hash: str | None
    ) -> FetchedBlock:
        if header and block_hash is None:
            block_hash = str(header.result["hash"]).lower()
        if self._least == "block":
            return self._raw.fetch(height, block_hash)
        if self._least == "receipts":
            return self._json.fetch(name, header)
        asked = self._asker.name
        found = self._raw.try_fetch(height, block_hash)
        if isinstance(found, FetchedBlock):
            return found
        if isinstance(found, BlockNotFoundError) and not self._weaker_if_missing:
            raise found
        fetched = self._json.fetch(name, header)
        self._remarks.tell_weaker(asked, fetched.block, found)
        return fetched


def _require_height(asked: int, found: int) -> None:
    if found != asked:
        raise UnprovenError(f"asked for block {asked}, the node gave block {found}")


def _require_hash(height: int, asked: str | None, found: str) -> None:
    if asked not in (None, found):
        raise UnprovenError(f"asked for block {height} with the hash {asked}, the node gave {found}")


def _number_of(header: Answer) -> int:
    number = parse_quantity(header.result.get("number"))
    if number is None:
        raise UnprovenError(f"the node gave a header without a number: {show(header.result.get('hash'))}")
    return number

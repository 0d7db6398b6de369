"""Blocks by the debug methods: the bytes that consensus hashes, which prove every field of every record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from ethlogs.errors import (
    MissingMethodError,
    NodeError,
    NodeUnavailableError,
    UnprovenError,
)
from ethlogs.node.asker import Asker
from ethlogs.node.block_name import not_found, without_receipts
from ethlogs.node.client import OtherChainError
from ethlogs.node.endpoint import Call
from ethlogs.node.fetched_block import FetchedBlock
from ethlogs.node.rpc import Answer
from ethlogs.proof import parse_block, prove_by_block

RAW_BLOCK, RAW_RECEIPTS = "debug_getRawBlock", "debug_getRawReceipts"

DEBUG_DANGER = (
    "whole blocks are proven where the node has debug_getRawBlock and debug_getRawReceipts: geth's"
    " --http.api eth,debug. That also opens debug_setHead and methods that write files: only on a listener"
    " that applications alone reach, or behind a proxy that passes debug_getRawHeader, -Block and -Receipts"
)
_LEAVE_AFTER = 3
"""So many blocks in a row whose bytes prove nothing, and the URL is not asked for bytes any more."""


class RawBlocks:
    """Fetches and proves by debug_getRawBlock and debug_getRawReceipts; safe from several threads.

    They are asked for by height, since the specification knows only heights and tags.
    """

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._without: dict[str, NodeError] = {}
        self._disproved: Counter[str] = Counter()

    def try_fetch(self, height: int, block_hash: str | None = None) -> FetchedBlock | NodeError:
        """Ask the current URL alone, once; an error says why it did not give the block so.

        A URL without these methods is not asked again, nor is one whose bytes prove nothing again and again.
        """
        name = self._asker.name
        if name in self._without:
            return self._without[name]
        try:
            fetched = self._fetch(self._asker.call_all_once, height, block_hash)
        except MissingMethodError:
            self._without[name] = MissingMethodError(
                f"node {name} does not have {RAW_BLOCK} and {RAW_RECEIPTS}"
            )
            return self._without[name]
        except UnprovenError as exc:
            self._disproved[name] += 1
            if self._disproved[name] == _LEAVE_AFTER:
                self._without[name] = exc
            return exc
        except OtherChainError as exc:  # the caller's next call leaves this URL
            return NodeUnavailableError(str(exc))
        except NodeError as exc:
            return exc
        self._disproved[name] = 0
        return fetched

    def fetch(self, height: int, block_hash: str | None = None) -> FetchedBlock:
        """Ask until there is an answer, on whichever URL gives one.

        Raises
        ------
        BlockNotFoundError
            When the node does not have the block, or not its receipts.
        UnprovenError
            When the bytes do not agree with each other.
        NodeRefusedError
            When no URL has the debug methods.
        """
        try:
            return self._fetch(self._asker.call_all, height, block_hash)
        except MissingMethodError as exc:
            raise MissingMethodError(
                str(exc), hint=f"use --proof auto, which takes what the node gives; {DEBUG_DANGER}"
            ) from exc

    def _fetch(
        self, ask: Callable[[list[Call]], list[Answer]], height: int, block_hash: str | None
    ) -> FetchedBlock:
        raw, *others = ask([(RAW_BLOCK, hex(height)), (RAW_RECEIPTS, hex(height))])
        if raw.result in (None, "", "0x"):
            raise not_found(hex(height), self._asker.name)
        block = parse_block(raw.result)
        if block.header.number != height:
            raise UnprovenError(f"asked for block {height}, the node gave block {block.header.number}")
        (receipts,) = others
        if receipts.result is None or (receipts.result == [] and block.transactions):
            raise without_receipts(hex(height), self._asker.name)
        if block_hash is None and len(block.header.hashes) > 1:
            block_hash = _hash_of(ask([("eth_getBlockByNumber", hex(height), False)])[0].result)
        proven = prove_by_block(block, receipts.result, block_hash)
        return FetchedBlock(proven, raw.size_bytes + receipts.size_bytes)


def _hash_of(header: Any) -> str:
    """By which of its rules a BFT header is hashed, the node's own hash says."""
    found = header.get("hash") if isinstance(header, dict) else None
    if not isinstance(found, str):
        raise UnprovenError("the node gave no hash for a block whose bytes do not say it")
    return found.lower()

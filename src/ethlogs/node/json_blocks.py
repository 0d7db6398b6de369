"""Blocks by the eth methods: the header and the receipts as JSON, proven by the receipts root."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ethlogs.errors import MissingMethodError, UnprovenError
from ethlogs.node.asker import Asker
from ethlogs.node.block_name import is_hash, method_of, not_found, readable_block, without_receipts
from ethlogs.node.fetched_block import FetchedBlock
from ethlogs.node.rpc import Answer
from ethlogs.proof import Header, parse_header, prove_by_receipts
from ethlogs.proof.shapes import show

_AT_ONCE = 8
"""Receipts asked for one by one under way at the same time."""


class JsonBlocks:
    """Fetches and proves by eth_getBlockByNumber and eth_getBlockReceipts; safe from several threads.

    Where no URL has the receipts of a block by its hash, they are asked for by its height, and where none
    has eth_getBlockReceipts at all, one by one.
    """

    def __init__(self, asker: Asker, *, unchecked_headers: bool) -> None:
        self._asker = asker
        self._unchecked_headers = unchecked_headers
        self._ways = (self._ask_by_hash, self._ask_by_height, self._ask_one_by_one)
        self._way = 0

    def fetch_header(self, block: str) -> Answer:
        """Ask for the header of a block by its hash, height (as hex) or tag.

        Raises
        ------
        BlockNotFoundError
            When the node does not have it.
        UnprovenError
            When the answer is not a header, or the header has another hash.
        """
        answer = self._asker.call(method_of(block), block, False)
        if answer.result is None:
            raise not_found(block, self._asker.name)
        found = answer.result.get("hash") if isinstance(answer.result, dict) else None
        if not isinstance(found, str):
            raise UnprovenError(f"node {self._asker.name} gave no hash for block {readable_block(block)}")
        if is_hash(block) and found.lower() != block.lower():
            raise UnprovenError(f"asked for block {block}, the node gave block {show(found)}")
        return answer

    def parse(self, header: Answer) -> Header:
        """The header in an answer of :meth:`fetch_header`.

        Raises
        ------
        UnprovenError
            When its fields do not give its hash.
        """
        return parse_header(header.result, unchecked_headers=self._unchecked_headers)

    def fetch(self, block: str, header: Answer | None = None) -> FetchedBlock:
        """Fetch and prove a block once.

        Raises
        ------
        BlockNotFoundError
            When the node does not have it, or not its receipts.
        UnprovenError
            When the answers do not agree with each other.
        """
        header = header or self.fetch_header(block)
        parsed = self.parse(header)
        receipts = self._fetch_receipts(parsed)
        # Besu answers [] and others null for receipts that are not there yet, or not any more.
        if receipts.result is None or (receipts.result == [] and parsed.transactions):
            raise without_receipts(block, self._asker.name)
        return FetchedBlock(
            prove_by_receipts(parsed, receipts.result), header.size_bytes + receipts.size_bytes
        )

    def _fetch_receipts(self, header: Header) -> Answer:
        """In the first way that a URL knows; what none knew once is not asked again."""
        while True:
            way = self._way
            try:
                return self._ways[way](header)
            except MissingMethodError:
                if way + 1 == len(self._ways):
                    raise
                self._way = max(self._way, way + 1)

    def _ask_by_hash(self, header: Header) -> Answer:
        return self._asker.call("eth_getBlockReceipts", header.hash)

    def _ask_by_height(self, header: Header) -> Answer:
        return self._asker.call("eth_getBlockReceipts", hex(header.number))

    def _ask_one_by_one(self, header: Header) -> Answer:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="receipts") as threads:
            answers = list(threads.map(self._ask_for_one, header.transactions))
        receipts: list[Any] | None = [answer.result for answer in answers]
        if any(answer.result is None for answer in answers):
            receipts = None
        return Answer(receipts, sum(answer.size_bytes for answer in answers))

    def _ask_for_one(self, transaction: str) -> Answer:
        return self._asker.call("eth_getTransactionReceipt", transaction)

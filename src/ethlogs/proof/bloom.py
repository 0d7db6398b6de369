"""A block's event logs as eth_getLogs gives them: checked, and their bloom filter."""

from __future__ import annotations

from ethlogs.proof.block import ProvenLog
from ethlogs.proof.event_logs import parse_log
from ethlogs.proof.header import Header
from ethlogs.proof.place import Place, require
from ethlogs.proof.shapes import ShapeError, parse_object, parse_quantity


class BloomReader:
    """Reads the event logs of one block from the first to the last."""

    def __init__(self, header: Header) -> None:
        self.logs: list[ProvenLog] = []
        self.bloom = 0
        self._place = Place(header)
        self._index_text: object = None
        self._transaction_count = len(header.transactions)

    def read(self, index: int, raw: object) -> None:
        """Raises ShapeError where the log is malformed or names another place."""
        try:
            log = parse_object(raw)
            require(log, "blockHash", "transactionHash", "transactionIndex", "logIndex")
            self._move_to_transaction(log["transactionIndex"])
            self._place.move_to_log(index)
            self._place.check(log)
            address, topics, data, bloom, _ = parse_log(log)
        except ShapeError as error:
            raise ShapeError(f"log {index}: {error}") from None
        self.logs.append(
            ProvenLog(
                address, topics, data, self._place.transaction_hash, self._place.transaction_index, index
            )
        )
        self.bloom |= bloom

    def _move_to_transaction(self, value: object) -> None:
        """A log may be of the same transaction as the log before it, or of a later one."""
        if value is not None and value == self._index_text:
            return
        try:
            index = parse_quantity(value)
        except ShapeError as error:
            raise ShapeError(f"transactionIndex {error}") from None
        previous = max(self._place.transaction_index, 0)
        if not previous <= index < self._transaction_count:
            raise ShapeError(
                f"transactionIndex is {index}, after {previous} "
                f"and in a block of {self._transaction_count} transactions"
            )
        self._place.move_to_transaction(index)
        self._index_text = value

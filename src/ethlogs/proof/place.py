"""The place of an item in its block: a node repeats it everywhere, and must not contradict itself."""

from __future__ import annotations

from typing import Any

from ethlogs.proof.header import Header
from ethlogs.proof.shapes import ShapeError, parse_hash, parse_quantity, show


class Place:
    """The place that the next receipt or event log must have, moved on from one to the next."""

    def __init__(self, header: Header) -> None:
        self._transactions = header.transactions
        self.transaction_index = -1
        self.transaction_hash = ""
        self.is_numbered_otherwise = False
        """Whether a node's logIndex was not the log's place in the block."""
        self._fields: dict[str, str | bool] = {
            "blockHash": header.hash,
            "blockNumber": hex(header.number),
            "removed": False,
        }

    def move_to_transaction(self, index: int) -> None:
        self.transaction_index = index
        self.transaction_hash = self._transactions[index]
        self._fields["transactionHash"] = self.transaction_hash
        self._fields["transactionIndex"] = hex(index)

    def move_to_log(self, index: int) -> None:
        self._fields["logIndex"] = hex(index)

    def check(self, item: dict[str, Any]) -> None:
        """Raise ShapeError where a field of the item names another place.

        A field that is left out or null contradicts nothing; ``require`` is for those that must be there.
        Neither does another logIndex: some nodes count it per receipt, and the place is proven by the root.
        """
        for name, expected in self._fields.items():
            if item.get(name, expected) != expected and not _is_spelling(name, item[name], expected):
                if name != "logIndex":
                    raise ShapeError(f"{name} is {_normalize(name, item[name])} instead of {expected}")
                self.is_numbered_otherwise = True


def require(item: dict[str, Any], *names: str) -> None:
    for name in names:
        if item.get(name) is None:
            raise ShapeError(f"{name} is missing")


def _is_spelling(name: str, value: object, expected: str | bool) -> bool:
    """The same hash or quantity may be spelled in another way, with upper-case digits for instance."""
    if value is None:
        return True
    try:
        return _normalize(name, value) == expected
    except ShapeError as error:
        raise ShapeError(f"{name} {error}") from None


def _normalize(name: str, value: object) -> str:
    if name.endswith("Hash"):
        return parse_hash(value)
    if name == "removed":
        raise ShapeError(f"is {show(value)}: not a log of this chain")
    return hex(parse_quantity(value))

"""Where something stands in its block: a node repeats it, and must not contradict itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ethlogs.proof.place import Place, require
from ethlogs.proof.shapes import ShapeError

HASH, FIRST, SECOND = "0x" + "ab" * 32, "0x" + "01" * 32, "0x" + "02" * 32


@pytest.fixture
def place() -> Place:
    header = cast(Any, SimpleNamespace(hash=HASH, number=16, transactions=(FIRST, SECOND)))
    found = Place(header)
    found.move_to_transaction(1)
    found.move_to_log(3)
    return found


LOG = {
    "blockHash": HASH, "blockNumber": "0x10", "transactionHash": SECOND, "transactionIndex": "0x1",
    "logIndex": "0x3", "removed": False,
}  # fmt: skip


def test_an_item_at_its_place_is_right_however_it_is_spelled(place: Place) -> None:
    place.check(LOG)
    place.check({**LOG, "blockHash": "0x" + "AB" * 32})
    assert (place.transaction_index, place.transaction_hash) == (1, SECOND)


def test_what_is_left_out_contradicts_nothing(place: Place) -> None:
    place.check({})
    place.check(dict.fromkeys(LOG))


@pytest.mark.parametrize(
    "change",
    [{"blockNumber": "0x11"}, {"blockHash": FIRST}, {"transactionHash": FIRST}, {"transactionIndex": "0x0"}],
    ids=lambda change: next(iter(change)),
)
def test_another_place_is_named(place: Place, change: dict[str, str]) -> None:
    with pytest.raises(ShapeError, match=f"{next(iter(change))} is .* instead of"):
        place.check({**LOG, **change})


def test_a_log_that_was_removed_is_not_of_this_chain(place: Place) -> None:
    with pytest.raises(ShapeError, match="removed is True: not a log of this chain"):
        place.check({**LOG, "removed": True})


def test_another_number_of_a_log_is_noted_and_not_refused(place: Place) -> None:
    assert not place.is_numbered_otherwise
    place.check({**LOG, "logIndex": "0x0"})
    assert place.is_numbered_otherwise


def test_a_field_that_must_be_there_is_named() -> None:
    require({"data": "0x"}, "data")
    with pytest.raises(ShapeError, match="data is missing"):
        require({"data": None}, "data")

"""What the claim says of a selection."""

from __future__ import annotations

from ethlogs.selection import describe_selection
from ethlogs.selection.record import LISTED
from ethlogs.settings import SelectionSettings

A, B = "0x" + "aa" * 20, "0x" + "bb" * 20


def test_without_a_selection_the_claim_has_none() -> None:
    assert describe_selection(SelectionSettings()) is None


def test_order_and_repetition_mean_nothing() -> None:
    one, other = (describe_selection(SelectionSettings(words)) for words in ((A, B), (B, A, B)))
    assert one == other
    assert one is not None
    assert (one.addresses, one.events) == ((A, B), ())


def test_contracts_and_events_are_not_confused() -> None:
    digests = {
        record.digest
        for record in map(
            describe_selection,
            [SelectionSettings((A,)), SelectionSettings((), (A,)), SelectionSettings((A, B))],
        )
        if record
    }
    assert len(digests) == 3


def test_a_long_list_leaves_its_digest() -> None:
    many = tuple(f"0x{number:040x}" for number in range(LISTED + 1))
    record, shorter = (
        describe_selection(SelectionSettings(many)),
        describe_selection(SelectionSettings(many[1:])),
    )
    assert record is not None
    assert shorter is not None
    assert (record.addresses, record.events) == (None, None)
    assert shorter.addresses == many[1:]
    assert record.digest != shorter.digest

"""Which of several URLs is asked next."""

from __future__ import annotations

from ethlogs.errors import SettingsError
from ethlogs.node.turns import Turns


def test_each_url_has_its_turn() -> None:
    turns = Turns(3)
    assert [turns.after(index) for index in range(3)] == [1, 2, 0]


def test_a_single_url_is_asked_again() -> None:
    assert Turns(1).after(0) == 0


def test_a_url_of_another_chain_has_its_turn_only_when_all_others_are() -> None:
    turns = Turns(3)
    turns.left_out[1] = SettingsError("another chain")
    assert turns.after(0) == 2
    turns.left_out[2] = SettingsError("another chain")
    assert turns.after(0) == 1


def test_a_url_that_wants_to_be_left_alone_is_passed_over() -> None:
    turns = Turns(3)
    turns.let_rest(1, 60.0)
    assert turns.after(0) == 2
    turns.let_rest(2, 30.0)
    assert turns.after(0) == 0, "the others want to be left alone, this one does not"
    turns.let_rest(0, 45.0)
    assert turns.after(0) == 2, "of all that want to be left alone, the one whose time is over first"
    assert 0 < turns.rest_seconds(2) <= 30

"""Connections that are lent to whoever asks, and none of which stays open in the end."""

from __future__ import annotations

import contextlib

import pytest

from ethlogs.node.connections import Connections


class Fake:
    """A connection that only knows whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_a_connection_is_lent_again() -> None:
    connections = Connections(Fake)
    with connections.lend() as first:
        pass
    with connections.lend() as second:
        assert second is first


def test_there_are_as_many_as_are_in_use_at_once() -> None:
    connections = Connections(Fake)
    with connections.lend() as first, connections.lend() as second:
        assert first is not second
    with connections.lend() as third:
        assert third in (first, second)


def test_after_an_error_a_connection_is_closed_and_not_lent_again() -> None:
    connections = Connections(Fake)
    with contextlib.suppress(ValueError), connections.lend() as first:
        raise ValueError
    assert first.closed
    with connections.lend() as second:
        assert second is not first


def test_closing_closes_those_in_use_and_those_that_come_back() -> None:
    connections = Connections(Fake)
    with connections.lend() as idle:
        pass
    with connections.lend(), connections.lend() as second:
        connections.close()
    assert idle.closed
    assert second.closed


def test_a_connection_that_cannot_be_made_is_not_in_the_way_of_the_next() -> None:
    outcomes: list[OSError | Fake] = [OSError("no"), Fake()]

    def connect() -> Fake:
        outcome = outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    connections = Connections(connect)
    with pytest.raises(OSError, match="no"), connections.lend():
        pass
    with connections.lend() as connection:
        assert not connection.closed

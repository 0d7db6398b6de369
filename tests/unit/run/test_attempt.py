"""Which attempt of its run a driver is."""

from __future__ import annotations

import pytest

from ethlogs.run.attempt import parse_attempt


@pytest.mark.parametrize(
    ("container_id", "number"),
    [
        ("container_1700000000000_0001_01_000001", 1),
        ("container_1700000000000_0001_12_000001", 12),
        ("container_e17_1700000000000_0001_02_000001", 2),
        ("", 1),
        ("container_of_something_else", 1),
    ],
)
def test_the_attempt_is_read_from_the_containers_id(container_id: str, number: int) -> None:
    assert parse_attempt(container_id) == number

"""Names that no look-up takes are known before it."""

from __future__ import annotations

import pytest

from ethlogs.host_names import can_be_host


@pytest.mark.parametrize("name", ["kafka", "kafka.example.com.", "127.0.0.1", "[::1]", "bröker", "a_b"])
def test_a_name_or_an_address_can_be_looked_up(name: str) -> None:
    assert can_be_host(name)


@pytest.mark.parametrize(
    "name", ["", "kafka..example.com", ".kafka", "a" * 64, "br\udcc3ker", "two words", "a\tb", "a@b", "a/b"]
)
def test_what_no_name_can_be_is_known(name: str) -> None:
    assert not can_be_host(name)

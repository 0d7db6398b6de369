"""Numbers with what they count."""

from __future__ import annotations

import pytest

from ethlogs.counted import counted


@pytest.mark.parametrize(("number", "text"), [(0, "0 blocks"), (1, "1 block"), (1200, "1,200 blocks")])
def test_one_thing_is_singular_and_large_numbers_are_grouped(number: int, text: str) -> None:
    assert counted(number, "block") == text

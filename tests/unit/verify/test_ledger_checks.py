"""Which heights a ledger lacks, however far the range goes that is asked for."""

from __future__ import annotations

import pytest

from ethlogs.verify.ledger_checks import missing_ranges


@pytest.mark.parametrize(
    ("first", "last", "elsewhere", "missing"),
    [
        (5, 9, [], [(5, 9)]),
        (5, 9, [6], [(5, 5), (7, 9)]),
        (5, 9, [9, 5], [(6, 8)]),
        (5, 9, [5, 6, 7, 8, 9], []),
        (5, 9, [4, 10], [(5, 9)]),
        (9, 5, [7], []),
        (0, 2**62, [3], [(0, 2), (4, 2**62)]),
    ],
)
def test_heights_that_are_nowhere_are_told_as_ranges(
    first: int, last: int, elsewhere: list[int], missing: list[tuple[int, int]]
) -> None:
    assert list(missing_ranges(first, last, elsewhere)) == missing

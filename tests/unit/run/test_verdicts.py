"""Which ends of a driver are final."""

from __future__ import annotations

import pytest

from ethlogs.errors import ExitStatus, LostContainerError
from ethlogs.run.verdicts import FINAL, MAY_PASS, is_final


@pytest.mark.parametrize("status", ExitStatus)
def test_every_exit_status_is_either_final_or_may_pass(status: ExitStatus) -> None:
    assert (status in FINAL) is not (status in MAY_PASS)


@pytest.mark.parametrize(
    ("status", "final"),
    [
        (0, True),
        (3, True),
        (9, True),
        (11, True),
        (143, True),
        (1, False),
        (5, False),
        (7, False),
        (8, False),
    ],
)
def test_a_report_is_final_by_its_exit_status(status: int, final: bool) -> None:
    assert is_final({"exitStatus": status}) is final


def test_a_lost_container_is_not_final() -> None:
    assert LostContainerError.exit_status in MAY_PASS

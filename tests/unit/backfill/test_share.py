"""Tasks and their requests: never more than --node-requests, whichever URL they ask."""

from __future__ import annotations

import pytest

from ethlogs.backfill.share import Share, share_work


@pytest.mark.parametrize(
    ("slots", "cores", "allowed", "share"),
    [
        (32, 8, None, Share(8, 4)),
        (32, 64, None, Share(32, 4)),
        (32, None, None, Share(32, 4)),
        (32, 8, 16, Share(8, 2)),
        (32, 8, 3, Share(3, 1)),
        (32, None, 10, Share(10, 1)),
        (32, 2, 100, Share(2, 4)),
        (1, 8, 1, Share(1, 1)),
    ],
)
def test_requests_are_shared_among_the_tasks_that_can_run(
    slots: int, cores: int | None, allowed: int | None, share: Share
) -> None:
    assert share_work(slots, cores, allowed) == share


def test_all_tasks_together_never_have_more_requests_than_are_allowed() -> None:
    for cores in (1, 3, 8, 32, None):
        for allowed in range(1, 80):
            share = share_work(32, cores, allowed)
            assert share.tasks * share.requests <= allowed

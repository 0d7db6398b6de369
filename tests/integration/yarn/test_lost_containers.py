"""Drivers on a real YARN that are killed, or ended as YARN ends them: lost attempts, not the run's end."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable

import pytest

from ethlogs_devnet import SMALL_PLAN, GethNode
from tests.harness.commands import Command, id_of
from tests.harness.running import parse_report
from tests.harness.streams import Stream, assert_exactly_once
from tests.integration.yarn.cluster import Yarn

pytestmark = pytest.mark.services

YARN_SECONDS = 0.25
"""Between YARN's SIGTERM and its SIGKILL."""
AMPLE_SECONDS = 10.0
"""All the time that a report takes to reach HDFS, as if a write took none."""
Loss = float | str
"""The seconds that YARN leaves a container, or the process that is killed."""
LOSSES: dict[str, tuple[Loss, ...]] = {
    "often": (YARN_SECONDS,) * 5 + (AMPLE_SECONDS,) * 2,
    "twice, and YARN forgets": ("java", AMPLE_SECONDS),
}
FORGETFUL = ("--max-app-attempts", "2", "--conf", "spark.yarn.am.attemptFailuresValidityInterval=1s")
"""What happens in months where failures count for an hour: more attempts than YARN may start in a row."""


def lose_driver(yarn: Yarn, application: str, loss: Loss) -> None:
    """Kill one process of the driver, or end its container."""
    if isinstance(loss, str):
        os.kill(yarn.drivers(application)[loss], signal.SIGKILL)
    else:
        yarn.end_container(application, loss)


@pytest.mark.parametrize("losses", [pytest.param("often", marks=pytest.mark.long), "twice, and YARN forgets"])
def test_a_driver_that_is_lost_is_followed_by_an_attempt_that_continues(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, own_geth: GethNode, losses: str
) -> None:
    blocks = 10 + 5 * len(LOSSES[losses])
    attempts = 1 + len(LOSSES[losses])
    allowed = ("--max-app-attempts", str(attempts)) if losses == "often" else FORGETFUL
    command = start("--start", "1", "--blocks", str(blocks), *allowed, "--json")
    command.wait_for_tip(stream, 10)
    application = id_of(command)
    for number, loss in enumerate(LOSSES[losses], 1):
        lose_driver(yarn, application, loss)
        tip = 10 + 5 * number
        while own_geth.height() < tip:
            own_geth.commit_block(SMALL_PLAN)
        command.wait_for_tip(stream, tip)
        assert yarn.attempts(application) == number + 1
    assert command.wait() == 0, command.stderr
    report = parse_report(command.stdout)
    assert (report["exitStatus"], report["attempt"], report["tip"]["number"]) == (0, attempts, blocks)
    for lost in range(1, attempts):
        said = rf"attempt {lost} has ended: .+; attempt {lost + 1} resumes after what was committed"
        assert re.search(said, command.stderr), command.stderr
    assert len({claim.json["run"] for claim in stream.claims()}) == 1
    assert_exactly_once(stream, own_geth.url, 1, blocks)


@pytest.mark.parametrize("seconds", [YARN_SECONDS, pytest.param(AMPLE_SECONDS, marks=pytest.mark.long)])
def test_the_loss_of_the_last_container_is_told_as_yarns_and_not_as_an_interruption(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, live_geth: GethNode, seconds: float
) -> None:
    command = start("--start", "1", "--max-app-attempts", "1")
    command.wait_for_tip(stream, 3)
    application = id_of(command)
    yarn.end_container(application, seconds)
    assert command.wait() == 8, command.stderr
    assert f"the application {application} failed in attempt 1" in command.stderr
    assert "interrupted" not in command.stderr
    assert application not in yarn.staged()

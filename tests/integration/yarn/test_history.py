"""History on executors of a real YARN: filled, looked at while it waits, and stopped.

The secured cluster's tests have the short one.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import requests

from ethlogs_devnet import SMALL_PLAN, GethNode
from tests.harness.commands import Command, id_of
from tests.harness.running import wait_until
from tests.harness.streams import Stream, assert_history_exactly_once, read_topic
from tests.integration.yarn.cluster import PATIENTLY, START_SECONDS, Yarn

pytestmark = [pytest.mark.services, pytest.mark.long]

TOP = 149
"""More than four stretches, so that both executors have work."""
NOT_YET = 10_000
EXECUTORS = ("--num-executors", "2", "--executor-cores", "1", "--executor-memory", "512m")


def test_executors_fill_history_in_their_containers_and_the_run_is_found_by_its_job(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, own_geth: GethNode
) -> None:
    while own_geth.height() < TOP + 1:
        own_geth.commit_block(SMALL_PLAN)
    flags = ("--confirmations", "1", "--max-app-attempts", "1", "--metrics-listen", "0.0.0.0:0")
    command = start(*flags, *EXECUTORS, "--to", str(NOT_YET), name="backfill")
    application = id_of(command)
    waits = f"waiting until block {NOT_YET} is final; the newest final block is {TOP}"
    wait_until(lambda: waits in command.stderr, "all that is final is there", START_SECONDS)
    wait_until(
        lambda: yarn.describe(application)["runningContainers"] == 3,
        "the driver and its two executors run, also one that found nothing left to do",
        START_SECONDS,
    )

    which = ("--bootstrap-server", stream.bootstrap, "--topic", stream.topic, "--job", "backfill")
    status = json.loads(yarn.command("status", *which, "--json").stdout)
    shown = status["application"]
    assert (shown["id"], shown["job"], shown["state"]) == (application, "backfill", "RUNNING")
    assert (status["backfilledBlocks"], status["missingBlocks"]) == (TOP + 1, NOT_YET - TOP)
    assert "ethlogs_backfilled_blocks{" in requests.get(status["pace"]["metricsUrl"], timeout=10).text
    assert f"filling blocks 0 to {NOT_YET}" in yarn.command("tail", *which).stdout
    stopped = yarn.command("stop", *which, *PATIENTLY)
    assert f"it filled {TOP + 1} blocks, {NOT_YET - TOP:,} are missing" in stopped.stderr
    assert command.wait() == 143, command.stderr
    assert_history_exactly_once(stream, own_geth.url, 0, TOP)
    slots = (rows for number, rows in read_topic(stream.bootstrap, stream.ledger).items() if number)
    newest = [[row.json for row in rows if row.key == b"claim"][-1] for rows in slots if rows]
    assert newest
    assert all(claim["released"] for claim in newest), "so that the next one need not wait"

"""History on executors of a real YARN: filled by two attempts, looked at while it waits, and stopped.

The secured cluster's tests have the short one.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from ethlogs.heights import STRETCH_BLOCKS
from ethlogs_devnet import SMALL_PLAN, GethNode
from tests.harness.commands import Command, id_of
from tests.harness.lying_node import LyingNode
from tests.harness.running import wait_until
from tests.harness.streams import Stream, assert_history_exactly_once, create_stream, read_topic
from tests.integration.yarn.cluster import PATIENTLY, START_SECONDS, Yarn

pytestmark = [pytest.mark.services, pytest.mark.long]

TOP = 149
"""More than four stretches, so that both executors have work."""
SLOTS = 2
PART_BLOCKS = SLOTS * STRETCH_BLOCKS
HELD = 5
"""A height of the lowest part, whose header is asked for when the parts above are filled."""
NOT_YET = 10_000
EXECUTORS = ("--num-executors", "2", "--executor-cores", "1", "--executor-memory", "512m")


class HoldingNode:
    """A node that gives one header only once it is let; it counts what is asked for by height."""

    def __init__(self, geth: GethNode) -> None:
        self.asked: Counter[int] = Counter()
        self.is_asked, self.may_answer = threading.Event(), threading.Event()
        self.proxy = LyingNode(geth.url).when("eth_getBlockByNumber", self._hold)

    def _hold(self, params: list[Any], result: Any) -> Any:
        if params[0].startswith("0x"):
            height = int(params[0], 16)
            self.asked[height] += 1
            if height == HELD:
                self.is_asked.set()
                self.may_answer.wait(START_SECONDS)
        return result


@pytest.fixture
def holding_node(own_geth: GethNode) -> Iterator[HoldingNode]:
    """A way to the test's own node, which has a history."""
    while own_geth.height() < TOP + 1:
        own_geth.commit_block(SMALL_PLAN)
    node = HoldingNode(own_geth)
    with node.proxy:
        yield node
        node.may_answer.set()


def test_executors_fill_history_though_a_driver_is_lost_and_the_run_is_found_by_its_job(
    yarn: Yarn,
    start: Callable[..., Command],
    stream: Stream,
    own_geth: GethNode,
    holding_node: HoldingNode,
) -> None:
    create_stream(stream, slots=SLOTS)
    flags = ("--confirmations", "1", "--max-app-attempts", "2", "--metrics-listen", "0.0.0.0:0")
    parts = ("--to", str(NOT_YET), "--part-blocks", str(PART_BLOCKS))
    command = start(*flags, *EXECUTORS, *parts, "--node-url", holding_node.proxy.url, name="backfill")
    application = id_of(command)
    wait_until(holding_node.is_asked.is_set, "the lowest part is being linked", START_SECONDS)
    asked_above = {height: holding_node.asked[height] for height in range(PART_BLOCKS, TOP + 1)}
    os.kill(yarn.drivers(application)["java"], signal.SIGKILL)
    holding_node.may_answer.set()
    waits = f"waiting until block {NOT_YET} is final; the newest final block is {TOP}"
    wait_until(lambda: waits in command.stderr, "all that is final is there", START_SECONDS)
    wait_until(
        lambda: yarn.describe(application)["runningContainers"] == 3,
        "the driver and its two executors run, also one that found nothing left to do",
        START_SECONDS,
    )

    assert yarn.attempts(application) == 2
    assert "attempt 2 resumes after what was committed" in command.stderr
    asked_again = {height: holding_node.asked[height] for height in range(PART_BLOCKS, TOP + 1)}
    assert asked_again == asked_above, "what is filled is not linked again"

    which = ("--bootstrap-server", stream.bootstrap, "--topic", stream.topic, "--job", "backfill")
    status = json.loads(yarn.command("status", *which, "--json").stdout)
    shown = status["application"]
    assert (shown["id"], shown["job"], shown["state"]) == (application, "backfill", "RUNNING")
    assert (status["backfilledBlocks"], status["missingBlocks"]) == (TOP + 1, NOT_YET - TOP)
    assert "ethlogs_backfilled_blocks{" in requests.get(status["pace"]["metricsUrl"], timeout=10).text
    assert f"filling blocks 0 to {NOT_YET}" in yarn.command("tail", *which).stdout
    stopped = yarn.command("stop", *which, *PATIENTLY)
    assert f"it filled {PART_BLOCKS} blocks, {NOT_YET - TOP:,} are missing" in stopped.stderr
    assert command.wait() == 143, command.stderr
    assert_history_exactly_once(stream, own_geth.url, 0, TOP)
    slots = (rows for number, rows in read_topic(stream.bootstrap, stream.ledger).items() if number)
    newest = [[row.json for row in rows if row.key == b"claim"][-1] for rows in slots if rows]
    assert newest
    assert all(claim["released"] for claim in newest), "so that the next one need not wait"

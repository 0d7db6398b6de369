"""Executors of a real Spark that are killed, frozen, started twice or left, and what is on Kafka then."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ethlogs.heights import STRETCH_BLOCKS
from ethlogs_devnet import SMALL_PLAN, GethNode
from tests.harness.commands import Command
from tests.harness.executors import kill_driver, wait_for_executors
from tests.harness.running import parse_report, wait_until
from tests.harness.slow_proxy import SlowProxy
from tests.harness.streams import Stream, assert_history_exactly_once, create_stream, read_topic

pytestmark = pytest.mark.services

BLOCKS = 160
"""Five stretches, so that several slots work at once."""
START_SECONDS = 300.0
"""For three JVMs on a machine that does much else."""
SLOTS = 2
DELAY_SECONDS = 0.1
"""For each answer of the node, so that there is a middle in which something can happen."""
STANDSTILL_SECONDS = 3.0
"""So that a run is not done before another one's Spark, or each of its executors, is up."""
TWICE = (
    *("--conf", "spark.speculation=true", "--conf", "spark.speculation.interval=200ms"),
    *("--conf", "spark.speculation.task.duration.threshold=1s"),
    *("--conf", "spark.speculation.efficiency.enabled=false"),
)
"""A second copy of each task that takes longer than a second."""
SOON_LOST = (
    *("--conf", "spark.network.timeout=8s", "--conf", "spark.executor.heartbeatInterval=1s"),
    *("--conf", "spark.network.timeoutInterval=1s"),
)
"""An executor that says nothing is lost after seconds instead of two minutes."""


@dataclass(frozen=True)
class SlowNode:
    """A node, and the way to it that takes its time."""

    node: GethNode
    proxy: SlowProxy

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.proxy.port}"


@pytest.fixture
def slow_geth(new_geth: GethNode) -> Iterator[SlowNode]:
    """A node with a history of the test's own."""
    for _ in range(BLOCKS):
        new_geth.commit_block(SMALL_PLAN)
    with SlowProxy(DELAY_SECONDS) as proxy:
        proxy.upstream_port = int(new_geth.url.rpartition(":")[2])
        yield SlowNode(new_geth, proxy)


@pytest.fixture
def start(stream: Stream, slow_geth: SlowNode, tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Starts ``ethlogs backfill`` with two executors; nothing of it outlives the test."""
    begun: list[Command] = []

    def start_one(*flags: str) -> Command:
        where = ("--master", "local-cluster[2,1,512]", "--confirmations", "1", "--json")
        folder = tmp_path / f"command-{len(begun)}"
        begun.append(
            Command(
                stream, slow_geth.url, folder, *where, *flags, name="backfill", limit_seconds=START_SECONDS
            )
        )
        return begun[-1]

    yield start_one
    for command in begun:
        with command:
            pass


def count_backfilled(stream: Stream) -> int:
    """How many blocks are in the slots."""
    ledger = read_topic(stream.bootstrap, stream.ledger)
    return sum(row.key != b"claim" for number, rows in ledger.items() if number for row in rows)


def wait_for_blocks(stream: Stream, command: Command, count: int) -> None:
    """Wait until the slots have so many blocks; fail where the command ends before."""

    def committed() -> bool:
        assert command.process.poll() is None, command.stderr
        return count_backfilled(stream) >= count

    wait_until(committed, f"{count} blocks are on Kafka", command.limit_seconds)


def test_an_executor_is_killed_while_every_task_runs_twice(
    start: Callable[..., Command], stream: Stream, slow_geth: SlowNode
) -> None:
    """The range has three parts, so that a part is linked when another one is filled."""
    create_stream(stream, slots=SLOTS)
    command = start(*TWICE, "--part-blocks", str(SLOTS * STRETCH_BLOCKS))
    wait_for_blocks(stream, command, 10)
    slow_geth.proxy.delay_seconds = STANDSTILL_SECONDS
    wait_for_executors(command, 2)[0].send(signal.SIGKILL)
    slow_geth.proxy.delay_seconds = DELAY_SECONDS
    assert command.wait() == 0, command.stderr
    report = parse_report(command.stdout)
    assert (report["exitStatus"], report["blocks"]) == (0, BLOCKS)
    assert_history_exactly_once(stream, slow_geth.node.url, 0, BLOCKS - 1)


@pytest.mark.long
def test_a_frozen_executor_continues_after_another_has_done_its_work(
    start: Callable[..., Command], stream: Stream, slow_geth: SlowNode
) -> None:
    node = slow_geth.node
    command = start(*SOON_LOST, "--to", str(BLOCKS))
    wait_for_blocks(stream, command, 10)
    slow_geth.proxy.delay_seconds = STANDSTILL_SECONDS
    frozen = wait_for_executors(command, 2)[0]
    slow_geth.proxy.delay_seconds = DELAY_SECONDS
    frozen.send(signal.SIGSTOP)
    wait_for_blocks(stream, command, BLOCKS)
    frozen.send(signal.SIGCONT)
    wait_until(lambda: frozen.is_gone, "the executor that Spark took for lost has ended", START_SECONDS)
    node.commit_block(SMALL_PLAN)
    assert command.wait() == 0, command.stderr
    assert_history_exactly_once(stream, node.url, 0, BLOCKS)


@pytest.mark.long
def test_a_driver_is_killed_and_of_two_newer_runs_the_older_ends_with_9(
    start: Callable[..., Command], stream: Stream, slow_geth: SlowNode
) -> None:
    killed = start()
    wait_for_blocks(stream, killed, 10)
    kill_driver(killed)
    assert killed.wait() == 8, killed.stderr
    older = start("--replace")
    wait_for_blocks(stream, older, count_backfilled(stream) + 1)
    slow_geth.proxy.delay_seconds = STANDSTILL_SECONDS
    newer = start("--replace")
    assert older.wait() == 9, older.stderr
    assert "has taken this stream" in older.stderr
    slow_geth.proxy.delay_seconds = DELAY_SECONDS
    assert newer.wait() == 0, newer.stderr
    assert_history_exactly_once(stream, slow_geth.node.url, 0, BLOCKS - 1)

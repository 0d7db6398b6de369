"""Reorgs by themselves: of several depths, unseen, and across a fail-over."""

from __future__ import annotations

import signal
from functools import partial

from tests.harness.faults.fault import Fault, Meanwhile, System
from tests.harness.faults.stage import PLAN, Setting, Stage

WHILE_DEAD_BLOCKS = 3
FAIL_OVER_BLOCKS = 3


def reorganize(depth: int, stage: Stage, meanwhile: Meanwhile) -> None:
    """The stream's newest ``depth`` blocks are orphaned."""
    stage.wait_for(lambda: stage.run.tip > depth + 1, "the stream is as long")
    with stage.quiet_chain():
        stage.wait_for(lambda: stage.run.tip == stage.geth.height(), "the stream is at the head")
        stage.reorg(depth)
        meanwhile()


def reorganize_while_dead(stage: Stage, meanwhile: Meanwhile) -> None:
    """The orphaned event logs can be known from Kafka alone."""
    stage.driver.signal(signal.SIGKILL)
    stage.wait_for(lambda: not stage.run.is_running, "the driver has ended")
    stage.reorg(WHILE_DEAD_BLOCKS)
    meanwhile()


def restart_on_another_branch(stage: Stage, meanwhile: Meanwhile) -> None:
    """The node is away, and when it is back its chain is another one."""
    stage.geth.kill()
    stage.reorg(2)
    meanwhile()
    stage.geth.start()


def reorganize_across_a_fail_over(stage: Stage, meanwhile: Meanwhile) -> None:
    """The node in use dies, and the other one has another, longer branch, which the first then follows."""
    with stage.quiet_chain(), stage.peer.lagging():
        fork = stage.run.tip - FAIL_OVER_BLOCKS
        other = stage.peer.geth
        other.follow(stage.geth, fork)
        salt = stage.new_salt()
        while other.height() <= stage.geth.height():
            other.commit_block(PLAN, salt=salt)
        stage.geth.kill()
        stage.wait_for(lambda: stage.run.tip == other.height(), "the run follows the other node")
        meanwhile()
        stage.geth.start()
        stage.geth.follow(other)


FAULTS = (
    *(
        Fault(f"reorg of {depth}", System.CHAIN, partial(reorganize, depth), takes_reorg=False)
        for depth in (1, 2, 7, 64)
    ),
    Fault(
        "reorg while the driver is dead",
        System.CHAIN,
        reorganize_while_dead,
        takes_reorg=False,
        ends_driver=True,
    ),
    Fault("node restarted on another branch", System.CHAIN, restart_on_another_branch, takes_reorg=False),
    Fault(
        "reorg across a fail-over",
        System.CHAIN,
        reorganize_across_a_fail_over,
        Setting(two_nodes=True),
        takes_reorg=False,
    ),
)

"""A shortened matrix of faults; ``make faults`` plays all of them, alone and with a reorg meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from ethlogs_devnet import GethNode
from tests.harness.faults.catalogue import FAULTS
from tests.harness.faults.chaos import Blows
from tests.harness.faults.fault import System
from tests.harness.faults.matrix import PAGE
from tests.harness.faults.scenario import open_kafka, play
from tests.harness.faults.stage import Kafka, Setting

BY_NAME = {fault.name: fault for fault in FAULTS}
WITH_A_REORG = (
    "driver killed (SIGKILL)",
    "broker killed and restarted",
    "answer to a commit lost",
    "an event log hidden",
)


@pytest.fixture(scope="module")
def stage_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    with open_kafka(tmp_path_factory.mktemp("faults")) as kafka:
        yield kafka


@pytest.mark.services
@pytest.mark.parametrize("name", WITH_A_REORG)
def test_a_reorg_during_a_fault_loses_and_doubles_nothing(
    stage_kafka: Kafka, new_geth: GethNode, tmp_path: Path, name: str
) -> None:
    verdict = play(BY_NAME[name], stage_kafka, tmp_path / "play", reorg=True, geth=new_geth).verdict
    assert verdict.is_proven, verdict
    assert verdict.deepest_reorg >= 2


@pytest.mark.services
def test_a_node_that_pushes_its_blocks_may_be_killed_too(
    stage_kafka: Kafka, new_geth: GethNode, tmp_path: Path
) -> None:
    fault = replace(BY_NAME["node killed and restarted"], setting=Setting(pushing=True, proof="auto"))
    verdict = play(fault, stage_kafka, tmp_path / "play", reorg=True, geth=new_geth).verdict
    assert verdict.is_proven, verdict


@pytest.mark.services
def test_a_reorg_across_a_fail_over_loses_and_doubles_nothing(
    stage_kafka: Kafka, new_geth: GethNode, tmp_path: Path
) -> None:
    verdict = play(BY_NAME["reorg across a fail-over"], stage_kafka, tmp_path / "play", geth=new_geth).verdict
    assert verdict.is_proven, verdict


def test_the_page_has_a_row_for_every_fault() -> None:
    rows = [line.split("|")[1].strip() for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    assert [name for name in rows if name != "fault"] == [fault.name for fault in FAULTS]


def test_the_same_seed_is_the_same_sequence_of_faults() -> None:
    first, again, other = ([str(blow) for blow in islice(Blows(seed), 20)] for seed in (7, 7, 8))
    assert first == again != other


def test_chaos_on_one_driver_strikes_all_but_its_process() -> None:
    blows = list(islice(Blows(7, one_driver=True), 200))
    struck = [fault for blow in blows for fault in (blow.fault, blow.meanwhile) if fault]
    assert {fault.system for fault in struck} == {System.DRIVER, System.KAFKA, System.NODE, System.CHAIN}
    assert not any(fault.ends_driver for fault in struck)


def test_chaos_on_history_strikes_executors_drivers_broker_and_node_and_makes_no_reorg() -> None:
    blows = list(islice(Blows(7, history=True), 200))
    struck = {fault.system for blow in blows for fault in (blow.fault, blow.meanwhile) if fault}
    assert struck == set(System) - {System.CHAIN}

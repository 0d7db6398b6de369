"""Whatever is killed or frozen in mid-run: each event log once, in order, the ledger agreeing.

More of it, alone and with a reorg meanwhile, is in tests/faults; test_faults.py plays some.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ethlogs.errors import InterruptedRunError, KafkaUnavailableError
from ethlogs_devnet import SMALL_PLAN, GethNode, KafkaBroker, LiveHead
from tests.harness.running import RunInProcess, RunInThread, build_settings, run, wait_until
from tests.harness.streams import Row, Stream, assert_exactly_once, read_topic
from tests.harness.tcp_proxy import END_TXN, TcpProxy, proxied_broker

pytestmark = pytest.mark.services

BLOCKS = 60
BLOCK_SECONDS = 0.15
KILLS = 4
IMPATIENT_SECONDS = 10.0
"""Short for a broker that is away, and long for one that is slow because the machine is."""


@pytest.fixture
def chance() -> random.Random:
    """Random moments, whose seed pytest shows where the test fails."""
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")  # noqa: T201 - for the person who has to repeat it
    return random.Random(seed)  # noqa: S311 - no secret


@pytest.fixture
def live_geth(own_geth: GethNode) -> Iterator[GethNode]:
    """A node whose chain continues, so that a run both catches up and follows."""
    with LiveHead(own_geth, BLOCK_SECONDS, SMALL_PLAN * 5):
        yield own_geth


def test_the_driver_killed_again_and_again(
    stream: Stream, own_geth: GethNode, tmp_path: Path, chance: random.Random
) -> None:
    settings = build_settings(stream, own_geth.url, start="1", blocks=BLOCKS)
    with RunInProcess(settings, tmp_path) as driver:
        for attempt in range(1, KILLS + 1):
            commit_blocks(own_geth, 3)
            driver.start(attempt)
            driver.wait_for(lambda progress: progress["blocks"], "the run has committed a block", attempt)
            commit_blocks(own_geth, 2)
            time.sleep(chance.uniform(0, 0.15))
            driver.kill()
        commit_blocks(own_geth, BLOCKS - own_geth.height())
        assert driver.start(KILLS + 1).wait() == 0, driver.log
    assert_exactly_once(stream, own_geth.url, 1, BLOCKS)
    assert len({claim.json["run"] for claim in stream.claims()}) == 1


def commit_blocks(geth: GethNode, count: int) -> None:
    for _ in range(count):
        geth.commit_block(SMALL_PLAN)


def follow_and_end(running: RunInThread) -> dict[str, Any]:
    """Let a run without an end commit some more blocks, and ask it to end; returns its report.

    One of so many blocks might be done before the fault: it begins behind a chain that continues.
    """
    tip = running.tip
    wait_until(lambda: running.tip > tip + 10, "the run commits more blocks")
    running.stop()
    outcome = running.wait()
    assert isinstance(outcome.error, InterruptedRunError), outcome.told
    return outcome.report


def test_the_broker_frozen_for_a_while_in_mid_run(
    breakable_kafka: KafkaBroker, new_stream: Callable[[KafkaBroker], Stream], live_geth: GethNode
) -> None:
    stream = new_stream(breakable_kafka)
    settings = build_settings(stream, live_geth.url, start="1", kafka_patience=90.0)
    with RunInThread(settings) as running:
        wait_until(lambda: running.tip > 0, "the run has committed a block")
        breakable_kafka.freeze()
        time.sleep(8)
        assert running.is_running
        breakable_kafka.thaw()
        last = follow_and_end(running)["lastBlock"]
    assert_exactly_once(stream, live_geth.url, 1, last)


def test_the_broker_frozen_until_the_producer_gives_up(
    breakable_kafka: KafkaBroker,
    new_stream: Callable[[KafkaBroker], Stream],
    live_geth: GethNode,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ethlogs.kafka.writer.COMMIT_SECONDS", 2.0)
    monkeypatch.setattr("ethlogs.kafka.writer._FLUSH_SECONDS", 2.0)
    stream = new_stream(breakable_kafka)
    settings = build_settings(stream, live_geth.url, start="1", kafka_patience=90.0)
    with RunInThread(settings) as running:
        wait_until(lambda: running.tip > 0, "the run has committed a block")
        breakable_kafka.freeze()
        wait_until(lambda: any("trying again" in text for text in running.notices), "the run notices it")
        breakable_kafka.thaw()
        report = follow_and_end(running)
    assert report["retries"] >= 1
    assert_exactly_once(stream, live_geth.url, 1, report["lastBlock"])


def test_a_broker_that_stays_away_ends_the_run_with_status_7(
    breakable_kafka: KafkaBroker,
    new_stream: Callable[[KafkaBroker], Stream],
    live_geth: GethNode,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ethlogs.kafka.writer.COMMIT_SECONDS", 2.0)
    monkeypatch.setattr("ethlogs.kafka.writer._FLUSH_SECONDS", 2.0)
    stream = new_stream(breakable_kafka)
    soon = (("bootstrap.timeout.ms", "2000"),)
    settings = build_settings(stream, live_geth.url, start="1", kafka_patience=IMPATIENT_SECONDS, client=soon)
    with RunInThread(settings) as running:
        wait_until(lambda: running.tip > 12, "the run follows")
        breakable_kafka.kill()
        outcome = running.wait()
        tip = running.tip
    outcome.assert_failed(
        KafkaUnavailableError, f"no success for {IMPATIENT_SECONDS:g} seconds", hint="is Kafka running"
    )
    assert outcome.report["exitStatus"] == 7
    breakable_kafka.start()
    # The commit that was under way may have come through, or be open still: in doubt, not lost.
    last = tip + 5
    run(build_settings(stream, live_geth.url, to=last)).assert_done()
    assert_exactly_once(stream, live_geth.url, 1, last)


@pytest.fixture
def proxied_kafka(tmp_path: Path) -> Iterator[tuple[KafkaBroker, TcpProxy]]:
    with proxied_broker(tmp_path / "kafka") as both:
        yield both


def test_a_commit_whose_answer_is_lost_and_those_of_its_retries_too(
    proxied_kafka: tuple[KafkaBroker, TcpProxy],
    new_stream: Callable[[KafkaBroker], Stream],
    live_geth: GethNode,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker, proxy = proxied_kafka
    monkeypatch.setattr("ethlogs.kafka.writer.COMMIT_SECONDS", 2.0)
    stream = new_stream(broker)
    with RunInThread(build_settings(stream, live_geth.url, start="1")) as running:
        wait_until(lambda: running.tip > 12, "the run follows")
        proxy.lose_answer(END_TXN, times=1_000)
        wait_until(lambda: any("trying again" in text for text in running.notices), "the run notices it")
        proxy.lose_answer(END_TXN, times=0)
        report = follow_and_end(running)
    assert proxy.lost
    assert_exactly_once(stream, live_geth.url, 1, report["lastBlock"])
    assert (report["firstBlock"], report["blocks"]) == (1, report["lastBlock"])
    last = stream.blocks()[-1].json
    assert (report["logs"], report["tip"]["hash"]) == (last["streamLogs"], last["blockHash"])


def test_nothing_is_visible_of_a_transaction_that_a_killed_driver_left_open(
    stream: Stream, odd_geth: GethNode, tmp_path: Path
) -> None:
    settings = build_settings(stream, odd_geth.url, start="3", blocks=1)
    with RunInProcess(settings, tmp_path) as driver:
        driver.start()
        wait_until(lambda: any(read_uncommitted(stream).values()), "records of the block are on the topic")
        driver.kill()
        wait_until(lambda: is_all_or_nothing(stream), "nothing is visible, or the whole block")
        run(settings, attempt=2).assert_done()
    assert_exactly_once(stream, odd_geth.url, 3, 3)


def is_all_or_nothing(stream: Stream) -> bool:
    """A commit reaches one partition after the other, the ledger's among them."""
    return not any(stream.event_logs().values()) or stream.heights() == [3]


def read_uncommitted(stream: Stream) -> dict[int, list[Row]]:
    return read_topic(stream.bootstrap, stream.topic, "read_uncommitted")

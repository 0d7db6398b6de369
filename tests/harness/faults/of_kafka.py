"""What can happen to the broker and on the way to it."""

from __future__ import annotations

import signal
from functools import partial

from tests.harness.brokers import set_quota, set_topic_config
from tests.harness.faults.fault import Fault, Meanwhile, System
from tests.harness.faults.stage import Stage
from tests.harness.tcp_proxy import END_TXN

FROZEN_SECONDS = 40.0
"""Longer than the producer's delivery timeout of 30 seconds."""
EVERY_RETRY = 1_000
QUOTA_BYTES = 4_000
QUOTA_SECONDS = 20.0


def kill_broker(stage: Stage, meanwhile: Meanwhile) -> None:
    """SIGKILL, and started again on the same data."""
    broker = stage.kafka.one_broker
    broker.kill()
    meanwhile()
    broker.start()


def freeze_broker(stage: Stage, meanwhile: Meanwhile) -> None:
    """SIGSTOP: connections stay open, nothing is answered."""
    broker = stage.kafka.one_broker
    broker.freeze()
    meanwhile()
    stage.hold(FROZEN_SECONDS)
    broker.thaw()


def lose_commits(times: int, stage: Stage, meanwhile: Meanwhile) -> None:
    """The broker commits, and the connection is cut before its answer is there."""
    proxy = stage.kafka.proxy
    assert proxy is not None
    before, told = proxy.lost, len(stage.run.told)
    proxy.lose_answer(END_TXN, times)
    stage.wait_for(lambda: proxy.lost > before, "an answer to a commit is lost")
    meanwhile()
    if times > 1:
        stage.wait_for(lambda: len(stage.run.told) > told, "the run says so")
    proxy.lose_answer(END_TXN, 0)


def recompress_topics(stage: Stage, meanwhile: Meanwhile) -> None:
    """From now on the broker compresses both topics with zstd; the next attempt has to read them back."""
    for topic in (stage.stream.topic, stage.stream.ledger):
        set_topic_config(stage.stream.bootstrap, topic, "compression.type", "zstd")
    before = stage.committed()
    stage.wait_for(lambda: stage.committed() not in (None, before), "a block is compressed with zstd")
    stage.driver.signal(signal.SIGKILL)
    stage.wait_for(lambda: not stage.run.is_running, "the driver has ended")
    meanwhile()


def limit_bytes(stage: Stage, meanwhile: Meanwhile) -> None:
    """A quota lets every producer send less than the chain's event logs have."""
    bootstrap = stage.stream.bootstrap
    set_quota(bootstrap, QUOTA_BYTES)
    try:
        meanwhile()
        stage.hold(QUOTA_SECONDS)
    finally:
        set_quota(bootstrap, None)


FAULTS = (
    Fault("broker killed and restarted", System.KAFKA, kill_broker),
    Fault(f"broker frozen for {FROZEN_SECONDS:g} s (SIGSTOP)", System.KAFKA, freeze_broker),
    Fault("answer to a commit lost", System.KAFKA, partial(lose_commits, 1)),
    Fault("answer to a commit and to its retries lost", System.KAFKA, partial(lose_commits, EVERY_RETRY)),
    Fault(
        "topics that the broker compresses with zstd, driver killed",
        System.KAFKA,
        recompress_topics,
        ends_driver=True,
    ),
    Fault(
        f"a quota of {QUOTA_BYTES:,} bytes/s for {QUOTA_SECONDS:g} s (producer_byte_rate)",
        System.KAFKA,
        limit_bytes,
    ),
)

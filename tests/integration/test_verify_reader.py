"""How ``verify`` reads a topic whose partitions are of very different sizes: each to its end."""

from __future__ import annotations

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.settings import KafkaSettings
from ethlogs.verify.topic_scan import open_topic
from ethlogs_devnet import KafkaBroker
from tests.harness.running import ENOUGH_SECONDS
from tests.harness.streams import Stream, create_topic, plant, read_ends

pytestmark = pytest.mark.services

SIZES = {0: 840, 1: 12_000, 2: 2_040}
"""Partition 1 has several times what is held of one that is ahead of the others."""

ROUNDS = 40


def test_a_partition_far_ahead_of_the_others_is_read_on_when_they_have_caught_up(
    kafka: KafkaBroker, stream: Stream
) -> None:
    create_topic(kafka.bootstrap, stream.topic, len(SIZES))
    a_round = [
        (partition, b"key", bytes(700)) for partition, size in SIZES.items() for _ in range(size // ROUNDS)
    ]
    plant(kafka.bootstrap, stream.topic, *a_round * ROUNDS)
    assert read_ends(kafka.bootstrap, stream.topic, "read_committed") == SIZES
    stops = [{partition: SIZES[partition] * k // 60} for partition in (0, 2) for k in range(1, 61)]
    with open_topic(KafkaSettings(kafka.bootstrap), stream.topic, StopSwitch(ENOUGH_SECONDS)) as reader:
        reader.begin(dict.fromkeys(SIZES, 0))
        found = [record for stop in [*stops, SIZES] for record in reader.read_to(stop)]
    assert len(found) == sum(SIZES.values())
    for partition, size in SIZES.items():
        assert [r.offset for r in found if r.partition == partition] == list(range(size))

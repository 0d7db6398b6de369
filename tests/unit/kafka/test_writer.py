"""A key's partition is the one that Kafka's own default partitioner chooses."""

from __future__ import annotations

import random

import pytest
from kafka.partitioner import DefaultPartitioner

from ethlogs.kafka.writer import partition_of


class FakeCluster:
    """What a partitioner asks a cluster for."""

    def __init__(self, partitions: int) -> None:
        self._partitions = set(range(partitions))

    def topics(self) -> set[str]:
        return {"logs"}

    def partitions_for_topic(self, _topic: str) -> set[int]:
        return self._partitions

    available_partitions_for_topic = partitions_for_topic


@pytest.mark.parametrize("partitions", [1, 2, 3, 6, 12, 50, 1000])
def test_the_partition_is_that_of_kafkas_default_partitioner(partitions: int) -> None:
    cluster, chance = FakeCluster(partitions), random.Random(partitions)  # noqa: S311 - no secret
    for _ in range(300):
        key = f"0x{chance.getrandbits(160):040x}".encode()
        chosen = DefaultPartitioner().partition("logs", key, key, b"", b"", cluster)
        assert partition_of(key, partitions) == chosen


# From testMurmur2 in UtilsTest of Kafka's Java client.
@pytest.mark.parametrize(
    ("key", "murmur2"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_partition_is_that_of_the_java_client(key: bytes, murmur2: int) -> None:
    assert partition_of(key, 1000) == (murmur2 & 0x7FFFFFFF) % 1000

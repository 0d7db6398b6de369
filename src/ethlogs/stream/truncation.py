"""The check that the event-log topic still has the newest blocks' records: acknowledged records can be lost.

After the election of a leader that lagged (unclean.leader.election.enable), the restore of a disk, or
kafka-delete-records, a partition ends below what the ledger says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ethlogs.errors import TopicError
from ethlogs.kafka.reading import fetch_ends, open_consumer
from ethlogs.ledger import BlockRecord
from ethlogs.settings import KafkaSettings


def check_not_truncated(settings: KafkaSettings, topic: str, tips: Sequence[BlockRecord]) -> None:
    """Compare where the records of the ledger's newest blocks lie with where the topic ends.

    Raises
    ------
    TopicError
        When the topic ends before them.
    KafkaUnavailableError
        When Kafka does not answer.
    """
    partitions = {partition for tip in tips for partition in tip.offsets}
    if not partitions:
        return
    with open_consumer(settings, "read_uncommitted") as consumer:
        ends = fetch_ends(consumer, topic, partitions)
    for tip in tips:
        compare_ends(topic, tip, ends)


def compare_ends(topic: str, tip: BlockRecord, ends: Mapping[int, int]) -> None:
    """Compare a tip with the ends of the partitions; raises as :func:`check_not_truncated`."""
    for partition, last in tip.last_offsets.items():
        end = ends.get(partition, 0)
        if end <= last:
            raise TopicError(
                f"partition {partition} of {topic} ends at offset {end}, and the ledger has records of block"
                f" {tip.block_number} up to {last}: the topic lost acknowledged records",
                hint="nothing was written. ethlogs verify names what is missing; begin a new stream with"
                " another --topic. Was an unclean leader election allowed, or a disk restored?",
            )

"""A consumer's way from a stream to its own table that is right under reorgs.

    with open_stream("kafka:9092", "eth_eventlogs") as stream:      # ethlogs.fold.kafka_stream
        for step in stream.steps(position):
            ...  # in one transaction: delete step.removed, insert step.added, store step.position

This package needs no Spark, and only :mod:`ethlogs.fold.kafka_stream` needs kafka-python: with a reader of
their own, programs call :func:`fold_step`. docs/consumers.md says where to start and what to store.
"""

from ethlogs.fold.batches import Batch, take_batch
from ethlogs.fold.folding import EventLogReader, EventLogRow, Step, fold_step
from ethlogs.fold.position import HeldBlock, Position
from ethlogs.fold.rows import LedgerRow

__all__ = [
    "Batch",
    "EventLogReader",
    "EventLogRow",
    "HeldBlock",
    "LedgerRow",
    "Position",
    "Step",
    "fold_step",
    "take_batch",
]

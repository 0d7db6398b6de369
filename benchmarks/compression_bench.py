"""What each compression of Kafka's batches costs the driver, and what it leaves.

    python -m benchmarks.compression_bench

Over the event logs of the mainnet blocks of tests/data, in batches of up to 512 KiB as kafka-python builds
them, the best of five.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from kafka.record.default_records import DefaultRecordBatchBuilder

from benchmarks.tables import print_head, print_row
from ethlogs.event_log import encode_event_logs
from ethlogs.proof import prove_by_receipts

BLOCKS = Path(__file__).parents[1] / "tests" / "data" / "blocks"
CODECS = {"none": 0, "snappy": 2, "lz4": 3, "zstd": 4, "gzip": 1}
BATCH_BYTES = 512 << 10
ROUNDS = 5

Record = tuple[bytes, bytes]


def read_records() -> list[Record]:
    """Return key and value of each event log, as they are produced."""
    records: list[Record] = []
    for path in sorted(BLOCKS.glob("ethereum-*.json")):
        recorded = json.loads(path.read_text())
        header = recorded["block"]
        header["transactions"] = [
            transaction["hash"] if isinstance(transaction, dict) else transaction
            for transaction in header["transactions"]
        ]
        encoded = encode_event_logs(1, prove_by_receipts(header, recorded["receipts"]))
        records += [(record[0], record[1]) for record in encoded]
    return records


def fill_batches(records: Sequence[Record], codec: int) -> list[DefaultRecordBatchBuilder]:
    """Return the batches, not closed yet."""
    batches, offset = [_new_builder(codec)], 0
    for key, value in records:
        if batches[-1].append(offset, 0, key, value, []) is None:
            batches.append(_new_builder(codec))
            offset = 0
            batches[-1].append(offset, 0, key, value, [])
        offset += 1
    return batches


def _new_builder(codec: int) -> DefaultRecordBatchBuilder:
    return DefaultRecordBatchBuilder(2, codec, True, 1, 0, 0, BATCH_BYTES)


def measure(records: Sequence[Record], codec: int) -> tuple[float, float]:
    """Return bytes and µs of CPU a record; filling a batch is not counted, closing it is."""
    seconds, size = [], 0
    for _ in range(ROUNDS):
        batches = fill_batches(records, codec)
        began = time.process_time()
        size = sum(len(builder.build()) for builder in batches)
        seconds.append(time.process_time() - began)
    return size / len(records), min(seconds) / len(records) * 1e6


def main() -> None:
    records = read_records()
    print_head(f"codec, {len(records):,} records", "bytes a record", "CPU of the driver, µs a record")
    for name, codec in CODECS.items():
        size, micros = measure(records, codec)
        print_row(name, f"{size:.0f}", f"{micros:.1f}")


if __name__ == "__main__":
    main()

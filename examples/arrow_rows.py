"""The columns of the tables that the examples write, and event logs as rows of them (pyarrow)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

SCHEMA = pa.schema(
    [
        ("address", pa.string()),
        ("topics", pa.list_(pa.string())),
        ("data", pa.string()),
        ("blockNumber", pa.int64()),
        ("blockHash", pa.string()),
        ("blockTimestamp", pa.int64()),
        ("transactionHash", pa.string()),
        ("transactionIndex", pa.int64()),
        ("logIndex", pa.int64()),
        ("event", pa.string()),
        ("args", pa.map_(pa.string(), pa.string())),
    ]
)
"""The last two are of decoded streams: the event's name, and the values of its parameters by their names."""


def build_rows(logs: Sequence[dict[str, Any]]) -> pa.Table:
    """Build the rows of event logs."""
    return pa.Table.from_pylist([_build_row(log) for log in logs], SCHEMA)


def _build_row(log: dict[str, Any]) -> dict[str, Any]:
    decoded = log.get("decoded")
    if decoded is None:
        return log
    # A value that is not text, like a list, becomes its JSON.
    args = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in decoded["args"].items()
    }
    return {**log, "event": decoded["event"], "args": list(args.items())}

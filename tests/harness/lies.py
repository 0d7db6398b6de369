"""What a node can get wrong about a block: each changes its receipts, or logs, in place."""

from __future__ import annotations

from typing import Any


def hide_a_log(receipts: list[dict[str, Any]]) -> None:
    """The last event log is missing."""
    next(receipt for receipt in reversed(receipts) if receipt["logs"])["logs"].pop()


def change_a_byte(receipts: list[dict[str, Any]]) -> None:
    """The last digit of an event log's data is another."""
    log = next(log for receipt in receipts for log in receipt["logs"] if len(log["data"]) > 2)
    log["data"] = log["data"][:-1] + ("0" if log["data"][-1] != "0" else "1")


def swap_two_logs(receipts: list[dict[str, Any]]) -> None:
    """Two event logs of a receipt have changed places."""
    logs = next(receipt["logs"] for receipt in receipts if len(receipt["logs"]) > 1)
    for name in ("topics", "data", "address"):
        logs[0][name], logs[1][name] = logs[1][name], logs[0][name]


def leave_out_a_receipt(receipts: list[dict[str, Any]]) -> None:
    """The last receipt is missing."""
    receipts.pop()


def exchange_a_transaction(receipts: list[dict[str, Any]]) -> None:
    """A receipt names another's transaction."""
    receipts[0]["transactionHash"] = receipts[1]["transactionHash"]


def answer_empty(receipts: list[dict[str, Any]]) -> None:
    """There are none."""
    receipts.clear()

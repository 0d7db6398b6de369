"""Filling history: what the ledger lacks of a range, linked first, then produced by tasks in slots."""

from ethlogs.backfill.run import run_backfill

__all__ = ["run_backfill"]

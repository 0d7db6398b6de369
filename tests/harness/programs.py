"""Runs that a program starts by ethlogs.submit and finds again by ethlogs.attach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ethlogs
from tests.harness.streams import Stream


def produce_settings(stream: Stream, node_url: str, folder: Path) -> dict[str, Any]:
    """Settings of a run that follows a stream from block 1 on, without an end."""
    return {
        "node_url": node_url,
        "bootstrap_server": stream.bootstrap,
        "topic": stream.topic,
        "create_topics": True,
        "proof": "receipts",
        "start": 1,
        "run_dir": str(folder / "runs"),
    }


def stop_at(height: int, run: ethlogs.Run, again: ethlogs.Run, seconds: float) -> int:
    """Stop a run, as it was found again, once it has a height; both objects must tell of it.

    Returns its last block.
    """
    while again.progress is None or (again.progress["tip"] or 0) < height:
        assert again.wait(timeout=2) in ("waiting", "starting", "running")
    assert again.stop(seconds) == "stopped"
    assert run.state == "stopped"
    assert run.report is not None
    return int(run.report["lastBlock"])

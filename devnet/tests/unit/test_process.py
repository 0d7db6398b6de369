"""A service that ends while it starts is reported with its cause."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ethlogs_devnet.process import ServiceProcess

STOPPED = "INFO [11-26|12:32:25.172] Blockchain stopped"


@pytest.mark.parametrize(
    "cause",
    [
        "ERROR[11-26|12:32:48.467] Low disk space. Gracefully shutting down",
        "Fatal: Failed to start the JSON-RPC HTTP endpoint",
        "[2026-11-26 12:32:48,467] ERROR Exiting Kafka due to fatal exception",
        "2026-11-26 12:32:48,467 FATAL resourcemanager.ResourceManager: Error starting",
    ],
)
def test_the_cause_is_told_also_where_much_is_said_after_it(tmp_path: Path, cause: str) -> None:
    process = ServiceProcess("geth", tmp_path / "geth.log")
    process.start(["sh", "-c", f'echo "{cause}"; for n in 1 2 3 4; do echo "{STOPPED}"; done'])
    while process.is_alive():
        time.sleep(0.01)
    assert f"geth ended: {cause} | {STOPPED}" in str(process.failure("ended"))

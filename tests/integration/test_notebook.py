"""A run on this machine in the hands of a program: it outlives its starter, is found again and stopped."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

import ethlogs
from ethlogs_devnet import SMALL_PLAN, GethNode, LiveHead
from tests.harness.running import ENOUGH_SECONDS
from tests.harness.streams import Stream, assert_exactly_once

pytestmark = pytest.mark.services


def test_an_interrupted_wait_leaves_the_run_to_whoever_attaches(
    stream: Stream, own_geth: GethNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    settings: dict[str, Any] = {
        "master": "local[*]",
        "node_url": own_geth.url,
        "bootstrap_server": stream.bootstrap,
        "topic": stream.topic,
        "create_topics": True,
        "proof": "receipts",
        "start": 1,
        "run_dir": str(tmp_path / "runs"),
    }
    with LiveHead(own_geth, 0.3, SMALL_PLAN):
        run = ethlogs.submit("produce", **settings)
        while run.progress is None or (run.progress["tip"] or 0) < 12:
            assert run.wait(timeout=1) in ("starting", "running")
        interrupt = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            # within the block: however long it takes to begin to wait, the interrupt is expected
            interrupt.start()
            run.wait()
        again = ethlogs.attach(run.id, run_dir=str(tmp_path / "runs"))
        assert again.state == "running"
        assert again.stop(ENOUGH_SECONDS) == "stopped"
    assert run.state == "stopped"
    assert run.report is not None
    assert run.history[-1]["logs"] > 0
    assert_exactly_once(stream, own_geth.url, 1, run.report["lastBlock"])

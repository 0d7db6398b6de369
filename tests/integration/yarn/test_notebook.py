"""A run on a real YARN in the hands of a program: started, watched, found again, stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ethlogs
from ethlogs_devnet import GethNode
from tests.harness.programs import produce_settings
from tests.harness.streams import Stream, assert_exactly_once
from tests.integration.yarn.cluster import IS_THE_NODE, START_SECONDS, Yarn

pytestmark = [pytest.mark.services, pytest.mark.long, IS_THE_NODE]


def test_a_run_is_left_alone_found_again_and_stopped(
    yarn: Yarn, stream: Stream, live_geth: GethNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in yarn.where.items():
        monkeypatch.setenv(name, value)
    settings = produce_settings(stream, live_geth.url, tmp_path)
    script = f"import ethlogs; print(ethlogs.submit('produce', **{settings!r}).id)"
    started = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    run = ethlogs.attach(started.stdout.strip(), run_dir=str(tmp_path / "runs"))
    # from a machine that knows nothing of it
    assert run.application is not None
    assert ethlogs.attach(run.application, run_dir=str(tmp_path / "other")).id == run.id
    assert run.id in [one.id for one in ethlogs.runs(run_dir=str(tmp_path / "other"))]
    while run.state != "running" or run.progress is None or (run.progress["tip"] or 0) < 5:
        assert run.wait(timeout=2) in ("waiting", "starting", "running")
    assert run.application in run._repr_html_()
    assert run.stop(START_SECONDS) == "stopped"
    assert run.report is not None
    assert run.history[-1]["blocks"] >= 5
    assert_exactly_once(stream, live_geth.url, 1, run.report["lastBlock"])
    assert "ApplicationMaster" in run.log()

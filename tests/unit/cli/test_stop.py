"""``ethlogs stop`` where there is nothing to stop."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.errors import ExitStatus
from tests.unit.cli.calls import KAFKA, Call


def test_without_a_run_here_and_without_a_cluster_stop_says_so(
    call: Call, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HADOOP_CONF_DIR", "YARN_CONF_DIR"):
        monkeypatch.delenv(variable, raising=False)
    outcome = call("stop", *KAFKA, "--run-dir", str(machine / "runs"))
    assert outcome.status == ExitStatus.SETTINGS
    assert "no run of the stream eth_eventlogs is on this machine" in outcome.stderr
    assert "export HADOOP_CONF_DIR" in outcome.stderr
    assert "--master" not in outcome.stderr, "stop has no such option"

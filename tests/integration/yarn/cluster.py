"""The cluster that the tests submit to, as a user and as its ResourceManager see it."""

from __future__ import annotations

import contextlib
import getpass
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from ethlogs_devnet import HadoopCluster
from tests.harness.commands import ETHLOGS

START_SECONDS = 300.0
"""For containers on a machine that does much else."""
PATIENTLY = ("--stop-timeout", f"{START_SECONDS - 30:g}")
"""``ethlogs stop`` kills what has not ended by then: no test wants that."""

_DRIVERS_CONTAINER = "_000001"
"""How the first container of each attempt ends, which is the driver's; the others are executors."""

IS_THE_NODE = pytest.mark.filterwarnings("ignore:.* would be the YARN node, not this machine")
"""What ethlogs warns of where a program submits: here this machine is the YARN node."""


class Yarn:
    """The cluster as a user has it: its settings, an archive, and what the ResourceManager says."""

    def __init__(self, cluster: HadoopCluster, archive: Path, folder: Path) -> None:
        self.cluster = cluster
        self.where = {
            **cluster.environment(),
            "ETHLOGS_MASTER": "yarn",
            "ETHLOGS_ENV_ARCHIVE": str(archive),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }

    def applications(self) -> dict[str, dict[str, Any]]:
        """Everything that the ResourceManager knows, by id."""
        answer = requests.get(f"{self.cluster.webapp}/ws/v1/cluster/apps", timeout=10).json()
        return {found["id"]: found for found in (answer["apps"] or {}).get("app", ())}

    def describe(self, application: str) -> dict[str, Any]:
        return self.applications()[application]

    def attempts(self, application: str) -> int:
        url = f"{self.cluster.webapp}/ws/v1/cluster/apps/{application}/appattempts"
        return len(requests.get(url, timeout=10).json()["appAttempts"]["appAttempt"])

    def staged(self) -> set[str]:
        """The applications of this user that have a folder of Spark's on HDFS."""
        url = f"{self.cluster.namenode_http}/webhdfs/v1/user/{getpass.getuser()}/.sparkStaging?op=LISTSTATUS"
        answer = requests.get(url, timeout=10).json()
        return {found["pathSuffix"] for found in answer["FileStatuses"]["FileStatus"]}

    def lifetime_seconds(self, application: str) -> int:
        """How much longer YARN lets it live; -1 without a limit."""
        url = f"{self.cluster.webapp}/ws/v1/cluster/apps/{application}/timeouts/LIFETIME"
        return int(requests.get(url, timeout=10).json()["timeout"]["remainingTimeInSeconds"])

    def kill(self, application: str) -> None:
        """End it as another user's program would."""
        url = f"{self.cluster.webapp}/ws/v1/cluster/apps/{application}/state"
        requests.put(url, json={"state": "KILLED", "diagnostics": "out of budget"}, timeout=10)

    def drivers(self, application: str) -> dict[str, int]:
        """The processes of an application's driver: its Python and the JVM that started that."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                folder = str((entry / "cwd").readlink())
            except OSError:
                continue
            if application in folder and folder.endswith(_DRIVERS_CONTAINER) and "bash" not in words[0]:
                found["java" if words[0].endswith("java") else "python"] = int(entry.name)
        return found

    def end_container(self, application: str, seconds: float) -> None:
        """End the driver's container as a NodeManager does: SIGTERM to its processes, then SIGKILL.

        YARN leaves them 0.25 seconds. Longer, it is as if a write to HDFS took no time at all.
        """
        group = os.getpgid(self.drivers(application)["java"])
        deadline = time.monotonic() + seconds
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGTERM)
            while time.monotonic() < deadline:
                time.sleep(0.05)
                os.killpg(group, 0)
            os.killpg(group, signal.SIGKILL)

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command that needs neither node nor broker."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ETHLOGS_")}
        finished = subprocess.run(
            [str(ETHLOGS), *arguments],
            env={**kept, **self.where},
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
        )
        assert not check or finished.returncode == 0, finished.stderr
        return finished

"""``ethlogs`` as a user runs it: its own process, with its settings in the environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.harness.running import ENOUGH_SECONDS, wait_until
from tests.harness.streams import Stream

ETHLOGS = Path(sys.executable).with_name("ethlogs")
APPLICATION = re.compile(r"application_\d+_\d+")
HERE = {"ETHLOGS_MASTER": "local[*]", "SPARK_LOCAL_IP": "127.0.0.1"}
"""The settings that run a driver on this machine."""


class Command:
    """A command, ``produce`` unless another is named, whose output goes into two files of ``folder``."""

    def __init__(
        self,
        stream: Stream,
        node_url: str,
        folder: Path,
        *flags: str,
        name: str = "produce",
        where: Mapping[str, str] = HERE,
        limit_seconds: float = ENOUGH_SECONDS,
    ) -> None:
        self.limit_seconds = limit_seconds
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._out, self._err = folder / "out", folder / "err"
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("ETHLOGS_")},
            "ETHLOGS_NODE_URL": node_url,
            "ETHLOGS_BOOTSTRAP_SERVER": stream.bootstrap,
            "ETHLOGS_TOPIC": stream.topic,
            "ETHLOGS_CREATE_TOPICS": "true",
            "ETHLOGS_PARTITIONS": "3",
            "ETHLOGS_PROOF": "receipts",  # what the tests expect in the ledger; the node has the bytes too
            "ETHLOGS_RUN_DIR": str(folder / "runs"),
            **where,
        }
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [str(ETHLOGS), name, *flags],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment,
                cwd=folder,
            )

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def stdout(self) -> str:
        return self._out.read_text()

    @property
    def stderr(self) -> str:
        return self._err.read_text()

    def wait(self) -> int:
        return self.process.wait(self.limit_seconds)

    def wait_for_tip(self, stream: Stream, height: int) -> None:
        """Wait until a block is committed; fail where the command ends before."""
        with stream.watching() as look:

            def committed() -> bool:
                assert self.process.poll() is None, self.stderr
                return look() >= height

            wait_until(committed, f"block {height} is on Kafka", self.limit_seconds)

    def has_driver(self) -> bool:
        """Whether the driver's Python runs now."""
        folders = list((self.folder / "runs").glob("*"))
        return any(_only_process("python", str(folder)) for folder in folders)

    def driver_pid(self) -> int:
        """The driver's Python."""
        return self._pid_of("python")

    def jvm_pid(self) -> int:
        """The JVM of spark-submit, which started the driver's Python."""
        return self._pid_of("java")

    def _pid_of(self, program: str) -> int:
        """The one process of a program that has the run's folder as its last argument."""
        (folder,) = (self.folder / "runs").iterdir()
        return int(wait_until(lambda: _only_process(program, str(folder)), f"there is one {program}"))


def id_of(command: Command) -> str:
    """The id of a command's application, as soon as it says it."""

    def told() -> str | None:
        match = APPLICATION.search(command.stderr)
        assert match or command.process.poll() is None, command.stderr
        return match.group() if match else None

    return str(wait_until(told, "the command says the application's id", command.limit_seconds))


def _only_process(program: str, last_argument: str) -> int | None:
    """One that is starting another program looks like two for a moment."""
    pids = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _arguments(entry)[-1:] == [last_argument]
        and Path(_arguments(entry)[0]).name.startswith(program)
    ]  # fmt: skip
    return pids[0] if len(pids) == 1 else None


def _arguments(entry: Path) -> list[str]:
    try:
        return (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1] or [""]
    except OSError:
        return [""]

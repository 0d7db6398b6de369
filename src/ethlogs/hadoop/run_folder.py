"""A run's folder on HDFS: the driver is on some node, the submitter elsewhere."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from ethlogs.errors import HadoopUnavailableError
from ethlogs.hadoop.hdfs import HdfsFiles
from ethlogs.hadoop.limited_calls import LimitedCalls
from ethlogs.run.folder import RunFiles

FILES = "files"
"""The folder in a run's folder of what a run through Livy is started with."""
CALL_SECONDS = 20.0
"""For one file to be read or written; a small one takes some milliseconds."""


@dataclass(frozen=True)
class HdfsRunFolder(RunFiles):
    """``path`` is the folder's, with scheme and host; its files are 0600. Every call has a deadline."""

    files: HdfsFiles
    path: str
    calls: LimitedCalls = field(default_factory=LimitedCalls, compare=False, repr=False)
    write_seconds = 1.0
    patience_seconds = 60.0

    @property
    def place(self) -> str:
        """The URL."""
        return self.path

    def write(self, name: str, data: bytes) -> None:
        """Put a file in place at once; a write that was given up does not replace what is written later."""
        path, given_up = f"{self.path}/{name}", threading.Event()

        def write() -> None:
            self.files.write(path, data, is_wanted=lambda: not given_up.is_set())

        try:
            self.calls.run(write, CALL_SECONDS, f"writing {path}")
        except HadoopUnavailableError:
            given_up.set()
            raise

    def read(self, name: str) -> bytes | None:
        """A file's content, ``None`` where there is none."""
        path = f"{self.path}/{name}"
        return self.calls.run(lambda: self.files.read(path), CALL_SECONDS, f"reading {path}")

    def remove_files(self) -> None:
        """Remove the settings, keytab and the like of a run that was submitted through Livy."""
        path = f"{self.path}/{FILES}"
        self.calls.run(lambda: self.files.delete(path), CALL_SECONDS, f"removing {path}")

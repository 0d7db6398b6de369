"""A run's folder on HDFS: the driver is on some node, the submitter elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from ethlogs.hadoop.hdfs import HdfsFiles
from ethlogs.run_folder import RunFiles


@dataclass(frozen=True)
class HdfsRunFolder(RunFiles):
    """``path`` is the folder's, with scheme and host; its files are 0600."""

    files: HdfsFiles
    path: str
    write_seconds = 1.0
    patience_seconds = 60.0

    @property
    def place(self) -> str:
        """The URL."""
        return self.path

    def write(self, name: str, data: bytes) -> None:
        """Put a file in place at once."""
        self.files.write(f"{self.path}/{name}", data)

    def read(self, name: str) -> bytes | None:
        """A file's content, ``None`` where there is none."""
        return self.files.read(f"{self.path}/{name}")

"""The folders below ``--hdfs-dir``: what a run takes from them is trusted, so nobody else may write there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ethlogs.errors import SettingsError
from ethlogs.hadoop.hdfs import PRIVATE_FOLDER, HdfsEntry, HdfsFiles
from ethlogs.hadoop.run_folder import HdfsRunFolder
from ethlogs.notify import Notify, ShowBytes, ignore_bytes

DEFAULT_FOLDER = ".ethlogs"
RUNS, ARCHIVES, SPARK = "runs", "archives", "spark"
_OTHERS = 0o077
_OTHERS_WRITE = 0o022


@dataclass(frozen=True)
class HdfsLayout:
    """The folders below ``--hdfs-dir``; only the user can enter them."""

    files: HdfsFiles
    base: str

    @classmethod
    def of(cls, files: HdfsFiles, folder: str | None) -> HdfsLayout:
        """The layout in a folder; a relative one is below the user's home."""
        return cls(files, files.qualified(folder or DEFAULT_FOLDER))

    def run_folder(self, run: str) -> HdfsRunFolder:
        """A run's folder, which may not be there yet."""
        return HdfsRunFolder(self.files, f"{self.base}/{RUNS}/{run}")

    def make_run_folder(self, run: str) -> HdfsRunFolder:
        """Make a run's folder."""
        folder = self.run_folder(run)
        self.make_private(RUNS)
        self.files.make_folder(folder.path, PRIVATE_FOLDER)
        return folder

    def upload_once(
        self, local: Path, folder: str, name: str, report: Notify, show_bytes: ShowBytes = ignore_bytes
    ) -> str:
        """Upload a file unless one of that name and size is there; returns its URL."""
        self.make_private(folder)
        url, size = f"{self.base}/{folder}/{name}", local.stat().st_size
        if self.files.size(url) == size and self.is_own(url):
            return url
        report(f"uploading {name}, {size / 1e6:,.1f} MB")
        self.files.put(local, url, show=lambda done: show_bytes("uploading", done, size))
        return url

    def is_own(self, url: str) -> bool:
        """Return whether a file is there and this user's own, and note that it is used."""
        if self.files.owner(url) != self.files.user:
            return False
        self.files.touch(url)
        return True

    def list(self, folder: str) -> list[HdfsEntry]:
        """List what is in a folder below the base."""
        return self.files.list(f"{self.base}/{folder}")

    def check_owner(self) -> None:
        """Refuse a folder in which somebody else may put what a run would take for its own.

        Raises
        ------
        SettingsError
            When the folder, or one in it, is another user's.
        """
        for path in (self.base, *(f"{self.base}/{name}" for name in (RUNS, ARCHIVES, SPARK))):
            owner = self.files.owner(path)
            if owner is not None and owner != self.files.user:
                raise SettingsError(
                    f"the folder {path} belongs to {owner}: {owner} could change what runs of"
                    f" {self.files.user} are started from",
                    hint="give a folder of your own with --hdfs-dir",
                )

    def make_private(self, folder: str) -> None:
        """Make a folder below the base, or take others' rights away where it is there.

        Raises
        ------
        SettingsError
            When it is another user's.
        """
        self.check_owner()
        self.files.make_folder(self.base, PRIVATE_FOLDER)
        # The base may be the user's home, which others may have reasons to read.
        self._take_away(self.base, _OTHERS_WRITE)
        self.files.make_folder(f"{self.base}/{folder}", PRIVATE_FOLDER)
        self._take_away(f"{self.base}/{folder}", _OTHERS)

    def _take_away(self, path: str, rights: int) -> None:
        mode = self.files.mode(path)
        if mode is not None and mode & rights:
            self.files.set_mode(path, mode & ~rights)


def find_staging(files: HdfsFiles, configured: Mapping[str, str]) -> str | None:
    """Return the folder in which Spark makes one for each application, by its ``spark.yarn.stagingDir``.

    ``configured`` is what Spark's properties say; ``None`` is where they say that the files shall stay
    (``spark.yarn.preserve.staging.files``), or that they are in another file system.
    """
    wanted = configured.get("spark.yarn.stagingDir")
    if configured.get("spark.yarn.preserve.staging.files", "false").lower() == "true":
        return None
    base = files.qualified(f"{wanted}/{files.user}") if wanted else files.home()
    return f"{base}/.sparkStaging" if base.startswith(files.url) else None

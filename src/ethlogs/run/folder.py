"""The folder in which driver and submitter meet: settings, progress, report, request to stop.

On this machine it is a local folder, on a cluster one on HDFS (:mod:`ethlogs.hadoop.run_folder`). Every
file is written under a temporary name and renamed, so that a reader never sees half of one, and only
its owner can read it.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import orjson

from ethlogs.errors import SettingsError

SETTINGS = "settings.json"
PROGRESS = "progress.json"
REPORT = "report.json"
STOP = "stop.json"
LOG = "driver.log"
COMMAND = "command.json"
"""Which process started the run."""
NOTE = "run.json"
"""What this machine remembers of a run that it started."""
SHIPPED = "shipped.json"
"""The URLs of the files on HDFS that a run was started with: they are in use as long as it is going."""
TEMPORARY = ".tmp"
RECORDS = frozenset({PROGRESS, REPORT, STOP, LOG, COMMAND, NOTE})
"""What stays of a run on this machine when it has ended; everything else may be a secret."""


class _EndOfRun(msgspec.Struct, rename="camel"):
    """What every report has, whichever job and version wrote it."""

    exit_status: int
    error: str | None
    hint: str | None


class RunFiles(ABC):
    """A run's files, wherever they are."""

    write_seconds: float
    """How often progress is written and a request to stop looked for."""

    patience_seconds: float
    """How long the end of a run waits for the folder to take its report."""

    @property
    @abstractmethod
    def place(self) -> str:
        """Path or URL, for people."""

    @property
    def settings_file(self) -> Path:
        """The file with the settings, where processes of the run read it; YARN puts it beside them."""
        return Path(SETTINGS)

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Put a file in place at once, for its owner alone.

        Raises
        ------
        SettingsError, HadoopError
            When that cannot be done.
        """

    @abstractmethod
    def read(self, name: str) -> bytes | None:
        """A file's content, ``None`` where there is none."""

    def write_json(self, name: str, value: Any) -> None:
        """Put a JSON file in place at once."""
        self.write(name, orjson.dumps(value, option=orjson.OPT_INDENT_2))

    def read_json(self, name: str) -> dict[str, Any] | None:
        """A JSON object, ``None`` where there is none or it is not one."""
        data = self.read(name)
        try:
            value = orjson.loads(data) if data else None
        except orjson.JSONDecodeError:
            return None
        return value if isinstance(value, dict) else None

    def read_report(self) -> dict[str, Any] | None:
        """The run's report, ``None`` where there is none or it is not one."""
        report = self.read_json(REPORT)
        try:
            msgspec.convert(report, _EndOfRun)
        except msgspec.ValidationError:
            return None
        return report

    @abstractmethod
    def remove_files(self) -> None:
        """Remove what a run was started with, where that lies in its folder; it needs it no more."""

    def request_stop(self, signal_number: int) -> None:
        """Ask the driver to end after the current block."""
        self.write_json(STOP, {"signal": signal_number})


_RUN_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}", re.ASCII)


def new_run_id() -> str:
    """A run's id, by time and chance."""
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime()) + secrets.token_hex(3)


def is_run_id(name: str) -> bool:
    """Return whether a folder's name is a run's id.

    Where runs are kept a user may keep other things too, and nothing of those may be read or removed.
    """
    return _RUN_ID.fullmatch(name) is not None


def list_run_folders(base: Path) -> list[RunFolder]:
    """List the folders of runs on this machine, the oldest first."""
    paths = sorted(base.iterdir()) if base.is_dir() else []
    return [RunFolder(path) for path in paths if is_run_id(path.name) and _is_real_folder(path)]


def _is_real_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


@dataclass(frozen=True)
class RunFolder(RunFiles):
    """A run's folder on a local disk."""

    path: Path
    write_seconds = 0.25
    patience_seconds = 5.0

    @classmethod
    def create(cls, base: Path) -> RunFolder:
        """Make a new folder, named by time and chance, that only its owner can enter.

        Raises
        ------
        SettingsError
            When it cannot be made.
        """
        path = base / new_run_id()
        try:
            path.mkdir(mode=0o700, parents=True)
        except OSError as exc:
            raise SettingsError(
                f"the run's folder {path} cannot be made: {exc.strerror}",
                hint="give a folder that you can write, with --run-dir",
            ) from exc
        return cls(path)

    @property
    def run(self) -> str:
        """The run's id: the folder's name."""
        return self.path.name

    @property
    def place(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def settings_file(self) -> Path:
        """The file in this folder."""
        return self.path / SETTINGS

    @property
    def log(self) -> Path:
        """Where the driver's output goes."""
        return self.path / LOG

    def write(self, name: str, data: bytes) -> None:
        """Put a file in place at once, with mode 0600.

        Raises
        ------
        SettingsError
            When the folder cannot be written, or its disk is full.
        """
        target = self.path / name
        temporary = target.with_suffix(f".{os.getpid()}.{threading.get_ident()}{TEMPORARY}")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            temporary.replace(target)
        except OSError as exc:
            # Half of the settings may hold a password, and on a full disk every byte counts.
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise SettingsError(
                f"the run's folder {self.path} cannot be written: {exc.strerror}",
                hint="make room, or give another folder with --run-dir",
            ) from exc

    def remove(self, name: str) -> None:
        """Remove a file, where it is there."""
        (self.path / name).unlink(missing_ok=True)

    def list_files(self) -> list[Path]:
        """List what a run was started with, whole or half written: settings, keytab, keys."""
        try:
            return [path for path in self.path.iterdir() if path.name not in RECORDS and path.is_file()]
        except OSError:
            return []

    def remove_files(self) -> None:
        """Remove what a run was started with. A temporary file may be somebody's request to stop."""
        for path in self.list_files():
            if path.suffix != TEMPORARY:
                path.unlink(missing_ok=True)

    def read(self, name: str) -> bytes | None:
        """A file's content, ``None`` where there is none.

        Raises
        ------
        SettingsError
            When the folder cannot be read.
        """
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise SettingsError(
                f"the run's folder {self.path} cannot be read: {exc.strerror}",
                hint="does its disk or network file system work? --run-dir gives another folder",
            ) from exc

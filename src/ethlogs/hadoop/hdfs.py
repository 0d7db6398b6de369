"""Files on HDFS, through a JVM: the submitter's own, or in a driver that of its SparkContext."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ethlogs.hadoop.errors import ReplacedError, mapped_errors

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
SHARED_FILE = 0o644
_PIECE_BYTES = 4 << 20
_READS = 5
"""A driver replaces its progress once a second; a read takes a few milliseconds."""


@dataclass(frozen=True)
class HdfsEntry:
    """A file or folder in a listing."""

    name: str
    path: str
    is_folder: bool
    size_bytes: int
    modified_at: float
    accessed_at: float


class HdfsFiles:
    """The file system of ``fs.defaultFS``; paths may have a scheme and a host or not."""

    def __init__(self, gateway: Any, configuration: Any) -> None:
        self._gateway = gateway
        self._jvm = gateway.jvm
        self._configuration = configuration
        with mapped_errors("opening HDFS"):
            # Not get, which gives a driver the one that its Spark has opened, with the patience of that.
            self._system = self._jvm.org.apache.hadoop.fs.FileSystem.newInstance(configuration)
            self.url = str(self._system.getUri().toString())
            group = self._jvm.org.apache.hadoop.security.UserGroupInformation
            self.user = str(group.getCurrentUser().getShortUserName())

    def home(self) -> str:
        """Return this user's home folder, with scheme and host."""
        with mapped_errors("asking HDFS for the home folder"):
            return str(self._system.getHomeDirectory().toString())

    def qualified(self, path: str) -> str:
        """The path with scheme and host; a relative one is below the home folder."""
        with mapped_errors(f"naming {path}"):
            return str(self._system.makeQualified(self._path(path)).toString())

    def size(self, path: str) -> int | None:
        """A file's bytes, ``None`` where there is none."""
        with mapped_errors(f"looking at {path}"):
            java_path = self._path(path)
            if not self._system.exists(java_path):
                return None
            return int(self._system.getFileStatus(java_path).getLen())

    def mode(self, path: str) -> int | None:
        """A file's permissions, like ``0o600``; ``None`` where there is none."""
        with mapped_errors(f"looking at {path}"):
            java_path = self._path(path)
            if not self._system.exists(java_path):
                return None
            return int(self._system.getFileStatus(java_path).getPermission().toShort())

    def owner(self, path: str) -> str | None:
        """A file's owner; ``None`` where there is no file."""
        with mapped_errors(f"looking at {path}"):
            java_path = self._path(path)
            if not self._system.exists(java_path):
                return None
            return str(self._system.getFileStatus(java_path).getOwner())

    def set_mode(self, path: str, mode: int) -> None:
        """Give a file or folder exactly these permissions."""
        with mapped_errors(f"setting the permissions of {path}"):
            self._system.setPermission(self._path(path), self._permission(mode))

    def glob(self, pattern: str) -> list[HdfsEntry]:
        """Return the files and folders whose path matches a pattern, in one call."""
        with mapped_errors(f"looking for {pattern}"):
            found = self._system.globStatus(self._path(pattern))
            return [_to_entry(status) for status in found or ()]

    def list(self, path: str) -> list[HdfsEntry]:
        """Return a folder's files and folders; none where there is no folder."""
        with mapped_errors(f"listing {path}"):
            java_path = self._path(path)
            if not self._system.exists(java_path):
                return []
            return [_to_entry(status) for status in self._system.listStatus(java_path)]

    def touch(self, path: str) -> None:
        """Note that a file is used now; its time of change stays, by which YARN knows it."""
        with mapped_errors(f"noting the use of {path}"):
            self._system.setTimes(self._path(path), -1, int(time.time() * 1000))

    def delete(self, path: str) -> None:
        """Delete a file, or a folder with all that is in it."""
        with mapped_errors(f"deleting {path}"):
            self._system.delete(self._path(path), True)

    def check_writable(self, path: str) -> None:
        """Ask whether this user may make ``path``, or write in it where it is there; nothing is written.

        Raises
        ------
        NotAuthorizedError
            When not.
        """
        with mapped_errors(f"asking for the right to write in {path}"):
            java_path = self._path(path)
            while not self._system.exists(java_path):
                java_path = java_path.getParent()
            self._system.access(java_path, self._jvm.org.apache.hadoop.fs.permission.FsAction.WRITE)

    def make_folder(self, path: str, mode: int = PRIVATE_FOLDER) -> None:
        """Make a folder, and those above it, with exactly these permissions."""
        with mapped_errors(f"making the folder {path}"):
            java_path = self._path(path)
            if not self._system.exists(java_path):
                self._system.mkdirs(java_path, self._permission(mode))
                self._system.setPermission(java_path, self._permission(mode))

    def read(self, path: str) -> bytes | None:
        """A file's content, ``None`` where there is none; one that is replaced meanwhile is read again."""
        for _ in range(_READS - 1):
            with contextlib.suppress(ReplacedError):
                return self._read_once(path)
        return self._read_once(path)

    def _read_once(self, path: str) -> bytes | None:
        with mapped_errors(f"reading {path}"):
            java_path = self._path(path)
            if not self._system.exists(java_path):
                return None
            stream = self._system.open(java_path)
            try:
                return bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
            finally:
                stream.close()

    def write(
        self,
        path: str,
        data: bytes,
        mode: int = PRIVATE_FILE,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Put a file in place at once: a reader sees the old one or the new one.

        HDFS may take long for it. Where it is not wanted any more by then, what is there stays.
        """
        temporary = f"{path}.{secrets.token_hex(4)}.tmp"
        with mapped_errors(f"writing {path}"):
            stream = self._create(temporary, mode)
            try:
                stream.write(data)
            finally:
                stream.close()
            if is_wanted():
                self._replace(temporary, path)
            else:
                self._system.delete(self._path(temporary), False)

    def put(
        self,
        local: Path,
        path: str,
        mode: int = SHARED_FILE,
        show: Callable[[int], None] = lambda _done: None,
    ) -> None:
        """Upload a file under a temporary name and rename it; ``show`` is given the bytes that are there."""
        temporary = f"{path}.{secrets.token_hex(4)}.tmp"
        with mapped_errors(f"uploading {local.name} to {path}"):
            try:
                self._copy(local, temporary, mode, show)
                self._replace(temporary, path)
            except BaseException:
                self._system.delete(self._path(temporary), False)
                raise

    def _copy(self, local: Path, path: str, mode: int, show: Callable[[int], None]) -> None:
        """Copy within the JVM, a piece at a time."""
        io = self._jvm.org.apache.commons.io.IOUtils
        with (
            contextlib.closing(self._jvm.java.io.FileInputStream(str(local.absolute()))) as source,
            contextlib.closing(self._create(path, mode)) as target,
        ):
            done = 0
            while piece := int(io.copyLarge(source, target, 0, _PIECE_BYTES)):
                done += piece
                show(done)
        self._system.setPermission(self._path(path), self._permission(mode))

    def _create(self, path: str, mode: int) -> Any:
        """Open a new file; of its permissions the file system's umask may take some away."""
        return self._system.createFile(self._path(path)).permission(self._permission(mode)).build()

    def _replace(self, temporary: str, path: str) -> None:
        """Rename over what is there, which FileSystem.rename would not."""
        fs = self._jvm.org.apache.hadoop.fs
        rename = getattr(fs, "Options$Rename")
        options = self._gateway.new_array(rename, 1)
        options[0] = rename.OVERWRITE
        context = fs.FileContext.getFileContext(self._system.getUri(), self._configuration)
        context.rename(self._path(temporary), self._path(path), options)

    def _path(self, path: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(path)

    def _permission(self, mode: int) -> Any:
        return self._jvm.org.apache.hadoop.fs.permission.FsPermission(f"{mode:o}")


def _to_entry(status: Any) -> HdfsEntry:
    return HdfsEntry(
        name=str(status.getPath().getName()),
        path=str(status.getPath().toString()),
        is_folder=bool(status.isDirectory()),
        size_bytes=int(status.getLen()),
        modified_at=int(status.getModificationTime()) / 1000,
        accessed_at=int(status.getAccessTime()) / 1000,
    )

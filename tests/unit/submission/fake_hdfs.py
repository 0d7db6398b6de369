"""HDFS in memory. The real one has other users' folders only where a second user is logged in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from ethlogs.hadoop.hdfs import PRIVATE_FOLDER, SHARED_FILE, HdfsEntry


@dataclass
class Entry:
    """A file or folder."""

    owner: str
    mode: int
    content: bytes | None = None
    """``None`` in a folder."""
    modified_at: float = 0.0
    accessed_at: float = 0.0


@dataclass
class FakeHdfs:
    """What the layout and the cleaning ask of HdfsFiles."""

    user: str = "ada"
    entries: dict[str, Entry] = field(default_factory=dict)
    uploads: list[str] = field(default_factory=list)
    url: str = ""
    """No scheme and host: paths here have neither."""

    def home(self) -> str:
        return f"/user/{self.user}"

    def qualified(self, path: str) -> str:
        return path if path.startswith("/") else f"/user/{self.user}/{path}"

    def size(self, path: str) -> int | None:
        entry = self.entries.get(path)
        return None if entry is None else len(entry.content or b"")

    def mode(self, path: str) -> int | None:
        entry = self.entries.get(path)
        return None if entry is None else entry.mode

    def owner(self, path: str) -> str | None:
        entry = self.entries.get(path)
        return None if entry is None else entry.owner

    def set_mode(self, path: str, mode: int) -> None:
        self.entries[path].mode = mode

    def make_folder(self, path: str, mode: int = PRIVATE_FOLDER) -> None:
        self.entries.setdefault(path, Entry(self.user, mode))

    def put(
        self,
        local: Path,
        path: str,
        mode: int = SHARED_FILE,
        show: Callable[[int], None] = lambda _done: None,
    ) -> None:
        self.uploads.append(path)
        content = local.read_bytes()
        self.entries[path] = Entry(self.user, mode, content)
        show(len(content))

    def read(self, path: str) -> bytes | None:
        entry = self.entries.get(path)
        return None if entry is None else entry.content

    def touch(self, path: str) -> None:
        self.entries[path].accessed_at = time.time()

    def glob(self, pattern: str) -> list[HdfsEntry]:
        folders = {name.rpartition("/")[0] for name in self.entries}
        found = [entry for folder in sorted(folders) for entry in self.list(folder)]
        depth = pattern.count("/")
        return [item for item in found if fnmatch(item.path, pattern) and item.path.count("/") == depth]

    def list(self, path: str) -> list[HdfsEntry]:
        return [
            HdfsEntry(
                name.rpartition("/")[2],
                name,
                entry.content is None,
                len(entry.content or b""),
                entry.modified_at,
                entry.accessed_at,
            )
            for name, entry in sorted(self.entries.items())
            if name.rpartition("/")[0] == path
        ]

    def delete(self, path: str) -> None:
        for name in [name for name in self.entries if name == path or name.startswith(f"{path}/")]:
            del self.entries[name]

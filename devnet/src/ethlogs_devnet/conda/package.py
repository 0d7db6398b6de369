"""Writing conda packages: a tar.bz2 with its index and its list of paths."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TIME = 1_600_000_000
# As long as conda's own build prefixes, since it is replaced in place in binaries.
_PLACEHOLDER = ("/opt/ethlogs_devnet_channel" + "_placehold" * 23)[:255]


@dataclass(frozen=True)
class CondaPackage:
    """A package's name and needs; ``noarch`` is ``python`` for what any Python can use."""

    name: str
    version: str
    build: str
    depends: list[str]
    subdir: str = "linux-64"
    noarch: str | None = None
    info: dict[str, bytes] = field(default_factory=dict)
    """Further files below ``info/``."""

    @property
    def index(self) -> dict[str, Any]:
        """The content of index.json."""
        place = {"noarch": self.noarch} if self.noarch else {"arch": "x86_64", "platform": "linux"}
        return {
            "name": self.name,
            "version": self.version,
            "build": self.build,
            "build_number": 0,
            "depends": self.depends,
            "subdir": self.subdir,
            "timestamp": _TIME * 1000,
            **place,
        }

    def write(self, stage: Path, channel: Path, built_at: Path) -> None:
        """Pack the staged files; texts that name the folder they were built at can be put elsewhere."""
        folder = channel / self.subdir
        folder.mkdir(parents=True, exist_ok=True)
        files = sorted(path for path in stage.rglob("*") if path.is_symlink() or path.is_file())
        paths = [_describe(path, stage, built_at) for path in files]
        info = {
            "index.json": json.dumps(self.index).encode(),
            "paths.json": json.dumps({"paths": paths, "paths_version": 1}).encode(),
            "files": "".join(f"{entry['_path']}\n" for entry in paths).encode(),
            **self.info,
        }
        target = folder / f"{self.name}-{self.version}-{self.build}.tar.bz2"
        with tarfile.open(target, "w:bz2", compresslevel=1) as archive:
            for name, data in info.items():
                archive.addfile(_member(f"info/{name}", len(data)), io.BytesIO(data))
            for path in files:
                _add(archive, path, path.relative_to(stage).as_posix())


def _describe(path: Path, stage: Path, built_at: Path) -> dict[str, Any]:
    name = path.relative_to(stage).as_posix()
    if path.is_symlink():
        empty = hashlib.sha256(b"").hexdigest()
        return {"_path": name, "path_type": "softlink", "sha256": empty, "size_in_bytes": 0}
    data = path.read_bytes()
    entry: dict[str, Any] = {"_path": name, "path_type": "hardlink"}
    if b"\0" not in data and str(built_at).encode() in data:
        data = data.replace(str(built_at).encode(), _PLACEHOLDER.encode())
        path.write_bytes(data)
        entry |= {"file_mode": "text", "prefix_placeholder": _PLACEHOLDER}
    return entry | {"sha256": hashlib.sha256(data).hexdigest(), "size_in_bytes": len(data)}


def _member(name: str, size: int = 0, mode: int = 0o664) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.mtime, member.size, member.mode = _TIME, size, mode
    return member


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    if path.is_symlink():
        member = _member(name)
        member.type, member.linkname = tarfile.SYMTYPE, str(path.readlink())
        archive.addfile(member)
        return
    data = path.read_bytes()
    mode = 0o775 if path.stat().st_mode & 0o100 else 0o664
    archive.addfile(_member(name, len(data), mode), io.BytesIO(data))

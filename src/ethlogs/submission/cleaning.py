"""Removing what ethlogs made and nobody uses any more: run folders and archives, here and on HDFS."""

from __future__ import annotations

import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson

from ethlogs.hadoop.applications import Applications
from ethlogs.hadoop.hdfs import HdfsEntry
from ethlogs.processes import is_named_by_a_process
from ethlogs.run.folder import LOG, PROGRESS, REPORT, SETTINGS, SHIPPED, is_run_id, list_run_folders
from ethlogs.submission.applications import RUN_TAG
from ethlogs.submission.layout import ARCHIVES, RUNS, SPARK, HdfsLayout

LEAST_SECONDS = 3600.0
"""Whatever is asked for: a driver that runs writes its progress each second, a submission takes minutes."""

_OF_A_RUN = frozenset({SETTINGS, PROGRESS, REPORT, LOG})
"""One of them is in every folder of a run; a folder without any of them is somebody else's."""
_OURS = re.compile(r"(?:env|spark)-")
"""The beginning of an archive's name; --hdfs-dir may have other files."""

_IN_USE = "in use"
_JUST_USED = "used within the last hour"
_YOUNG = "not older than --older-than"
_REASONS = (_IN_USE, _JUST_USED, _YOUNG)

Kind = Literal["run", "archive"]


@dataclass(frozen=True)
class Item:
    """Something that ethlogs made."""

    kind: Kind
    place: str
    size_bytes: int
    age_seconds: float
    in_use: str | None
    """Who uses it; ``None`` where nobody does."""
    remove: Callable[[], None]


@dataclass(frozen=True)
class Cleaning:
    """The result of a cleaning."""

    removed: tuple[Item, ...]
    kept: tuple[Item, ...]


def explain_kept(items: Iterable[Item]) -> str:
    """Return how many items were kept, and why: "kept 3: 1 in use, 2 used within the last hour"."""
    reasons = Counter(map(why_kept, items))
    causes = ", ".join(f"{reasons[reason]} {reason}" for reason in _REASONS if reasons[reason])
    return f"kept {reasons.total()}" + (f": {causes}" if causes else "")


def why_kept(item: Item) -> str:
    """Return why an item was kept: in use, just used, or not old enough."""
    if item.in_use is not None:
        return _IN_USE
    return _JUST_USED if item.age_seconds < LEAST_SECONDS else _YOUNG


def remove_old(items: Iterable[Item], older_than_seconds: float, *, dry_run: bool = False) -> Cleaning:
    """Remove the items that nobody uses and that are older than the limit, which is at least an hour."""
    limit = max(older_than_seconds, LEAST_SECONDS)
    removed, kept = [], []
    for item in items:
        if item.in_use is not None or item.age_seconds < limit:
            kept.append(item)
            continue
        if not dry_run:
            item.remove()
        removed.append(item)
    return Cleaning(tuple(removed), tuple(kept))


def list_local(runs: Path, cache: Path) -> list[Item]:
    """List the run folders and archives of this machine, by age."""
    found = [_local_run(folder.path) for folder in list_run_folders(runs) if _is_begun(folder.path)]
    archives = cache / "archives"
    files = sorted(archives.glob("env-*")) if archives.is_dir() else []
    return found + [_local_archive(file) for file in files if file.is_file()]


def list_on_hdfs(layout: HdfsLayout, applications: Applications) -> list[Item]:
    """List the run folders and archives below ``--hdfs-dir``.

    Raises
    ------
    HadoopError, KerberosError
        When HDFS or YARN does not say what is there and what is used.
    """
    layout.check_owner()
    runs = [entry for entry in layout.list(RUNS) if entry.is_folder and is_run_id(entry.name)]
    alive = {entry.name for entry in runs if applications.find(f"{RUN_TAG}{entry.name}")}
    used = _used_files(layout, alive)
    found = [_run_on_hdfs(layout, entry, entry.name in alive) for entry in runs]
    files = [entry for entry in (*layout.list(ARCHIVES), *layout.list(SPARK)) if not entry.is_folder]
    return found + [_file_on_hdfs(layout, entry, used) for entry in files if _OURS.match(entry.name)]


def _is_begun(folder: Path) -> bool:
    return any((folder / name).exists() for name in _OF_A_RUN)


def _local_run(folder: Path) -> Item:
    files = [path.lstat() for path in folder.iterdir()]
    newest = max([folder.lstat().st_mtime, *(file.st_mtime for file in files)])
    user = "a process of this machine" if is_named_by_a_process(folder) else None
    size = sum(file.st_size for file in files)
    return Item("run", str(folder), size, time.time() - newest, user, lambda: shutil.rmtree(folder))


def _local_archive(file: Path) -> Item:
    status = file.stat()
    # Packing again is all that a removed one costs; a submission that reads it has it open.
    age = time.time() - max(status.st_mtime, status.st_atime)
    return Item("archive", str(file), status.st_size, age, None, lambda: file.unlink(missing_ok=True))


def _used_files(layout: HdfsLayout, alive: set[str]) -> set[str] | None:
    """The files that running applications were started with; ``None`` where one of them does not say."""
    used: set[str] = set()
    for run in alive:
        shipped = layout.run_folder(run).read(SHIPPED)
        if shipped is None:
            return None
        used |= {str(url).rpartition("/")[2] for url in orjson.loads(shipped)}
    return used


def _run_on_hdfs(layout: HdfsLayout, entry: HdfsEntry, alive: bool) -> Item:
    inside = layout.list(f"{RUNS}/{entry.name}")
    newest = max([entry.modified_at, *(file.modified_at for file in inside)])
    size = sum(file.size_bytes for file in inside)
    user = "its application" if alive else None
    return Item("run", entry.path, size, time.time() - newest, user, lambda: layout.files.delete(entry.path))


def _file_on_hdfs(layout: HdfsLayout, entry: HdfsEntry, used: set[str] | None) -> Item:
    user = None
    if used is None:
        user = "perhaps a running application, which does not say what it was started with"
    elif entry.name in used:
        user = "a running application"
    age = time.time() - max(entry.modified_at, entry.accessed_at)
    return Item("archive", entry.path, entry.size_bytes, age, user, lambda: layout.files.delete(entry.path))

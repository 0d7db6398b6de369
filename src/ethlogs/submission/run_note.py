"""The note by which this machine finds a run again that it started; it holds no secret."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ethlogs.run.folder import NOTE, RunFolder, list_run_folders
from ethlogs.settings import RunSettings


class RunNote(msgspec.Struct, frozen=True, rename="camel"):
    """A run that was started from this machine."""

    run: str
    job: str
    topic: str
    bootstrap_servers: str
    application: str | None = None
    """The id of its application; ``None`` for a run on this machine."""
    hdfs_dir: str | None = None
    """Where its folder is on HDFS, as ``--hdfs-dir`` said."""


def note_run(
    folder: RunFolder, settings: RunSettings, *, application: str | None = None, hdfs_dir: str | None = None
) -> RunNote:
    """Write down what was started; returns it."""
    note = RunNote(
        run=folder.run,
        job=settings.job,
        topic=settings.stream.topic,
        bootstrap_servers=settings.kafka.bootstrap_servers,
        application=application,
        hdfs_dir=hdfs_dir,
    )
    folder.write(NOTE, msgspec.json.format(msgspec.json.encode(note)))
    return note


def read_note(folder: RunFolder) -> RunNote | None:
    """Return what was noted; ``None`` where nothing was, or not by this version."""
    data = folder.read(NOTE)
    try:
        return None if data is None else msgspec.json.decode(data, type=RunNote)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def list_notes(base: Path) -> list[tuple[RunFolder, RunNote]]:
    """Return the runs that were started from this machine, the newest first."""
    found = []
    for folder in reversed(list_run_folders(base)):
        note = read_note(folder)
        if note is not None:
            found.append((folder, note))
    return found

"""Files of a run that stay in its folder on this machine, secrets too, until the run has ended.

The command removes it, and so does its driver. Where both were killed, the user's next command does.
"""

from __future__ import annotations

import time
from pathlib import Path

from ethlogs.processes import is_named_by_a_process
from ethlogs.run.command import is_command_gone
from ethlogs.run.folder import COMMAND, RunFolder, list_run_folders

_UNKNOWN_SECONDS = 3600.0
"""A folder that does not say whose it is may be one that a command has just made."""


def find_left_here(base: Path) -> list[RunFolder]:
    """Return the folders of runs that have ended and whose files are still there."""
    return [folder for folder in list_run_folders(base) if folder.list_files() and _has_ended(folder)]


def remove_left_here(base: Path) -> list[str]:
    """Remove such files; return whose they were."""
    left = find_left_here(base)
    for folder in left:
        for path in folder.list_files():
            path.unlink(missing_ok=True)
    return [folder.run for folder in left]


def _has_ended(folder: RunFolder) -> bool:
    """Return whether no process of this machine needs the folder any more, as far as can be known."""
    command = folder.read_json(COMMAND)
    if command is None:
        age_seconds = time.time() - max(path.stat().st_mtime for path in folder.list_files())
        gone = age_seconds > _UNKNOWN_SECONDS
    else:
        gone = is_command_gone(command)
    return gone and not is_named_by_a_process(folder.path)

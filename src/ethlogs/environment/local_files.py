"""The files of this machine that a pip section refers to: what is packed changes with them."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LISTS = ("-r", "--requirement", "-c", "--constraint")
_BUILT = ("__pycache__", "build", "dist")


def find_local_files(lines: Sequence[str], folder: Path) -> list[Path]:
    """Requirement lists, also those that a list names, wheels, and folders of projects."""
    return [path for path, _ in _walk(lines, folder, folder, set())]


def read_requirement_lines(lines: Sequence[str], folder: Path) -> list[str]:
    """The lines themselves, and those of every list that they name."""
    found = list(lines)
    for path, is_list in _walk(lines, folder, folder, set()):
        if is_list:
            found += _read_lines(path)
    return found


def digest_of(path: Path) -> str:
    """SHA-256 of a file, or of a project's folder without what a build leaves there."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for folder, names, files in os.walk(path):
        names[:] = sorted(name for name in names if not name.startswith(".") and name not in _BUILT)
        for name in sorted(files):
            file = Path(folder, name)
            if file.is_file() and ".egg-info" not in folder:
                digest.update(f"{file.relative_to(path)}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _walk(lines: Sequence[str], folder: Path, base: Path, seen: set[Path]) -> Iterator[tuple[Path, bool]]:
    """Each path once, with whether it is a list of requirements.

    A list's name is relative to the list that names it, a project's to the folder in which pip runs.
    """
    for line in lines:
        words = _split(line)
        for before, word in zip(["", *words], words, strict=False):
            is_list = before in _LISTS
            path = _to_path(word, folder if is_list else base)
            if path is None or path in seen:
                continue
            seen.add(path)
            yield path, is_list
            if is_list:
                yield from _walk(_read_lines(path), path.parent, base, seen)


def _split(line: str) -> list[str]:
    """The words of a line; ``--requirement=x`` and ``-rx`` are two, a comment none."""
    text = line.strip()
    for flag in ("-r", "-c", "-e"):
        if text.startswith(flag) and not text.startswith("--") and text[2:3] not in ("", " "):
            text = f"{flag} {text[2:]}"
    if text.startswith("--"):
        text = text.replace("=", " ", 1)
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def _to_path(word: str, folder: Path) -> Path | None:
    """The file or folder that a word names: only a path, since ``web3`` is a project and no folder."""
    _, _, url = word.rpartition("@")
    if url.startswith("file:"):
        word = unquote(urlsplit(url).path)
    word = word.split("[")[0]
    path = (folder / word).resolve()
    if path.is_file():
        return path
    return path if path.is_dir() and (os.sep in word or word in (".", "..")) else None


def _read_lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").replace("\\\n", " ").splitlines()

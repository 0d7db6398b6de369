"""The check that an environment is what its records say; it finds what conda-pack does not see."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from ethlogs.environment.fingerprint import LEFT_OUT
from ethlogs.errors import PackError

_INFO = "lib/python3*/site-packages/*.dist-info"


def check_integrity(prefix: Path) -> None:
    """Refuse what would be packed as a mix of two things, or as a link to another folder.

    conda-pack takes a file of a conda package from the package cache, so that a package of conda's which
    pip has overwritten, file by file and without uninstalling it, would be packed as neither of the two.

    Raises
    ------
    PackError
        Naming the package.
    """
    for name in find_editable(prefix):
        raise PackError(
            f"{prefix} cannot be packed: {name} is an editable install, a link to another folder",
            hint=f"install it without -e: pip install the folder of {name}",
        )
    for name in find_overwritten(prefix):
        raise PackError(
            f"{prefix} cannot be packed: conda's package of {name} was overwritten by pip",
            hint=f"take {name} from one of them alone, in a new environment",
        )


def find_editable(prefix: Path) -> Iterator[str]:
    """Distributions that are packed and are links to a folder of this machine (PEP 610)."""
    for file in sorted(prefix.glob(f"{_INFO}/direct_url.json")):
        editable = orjson.loads(file.read_bytes()).get("dir_info", {}).get("editable")
        if editable and _name_of(file.parent) not in LEFT_OUT:
            yield _name_of(file.parent)


def find_overwritten(prefix: Path) -> Iterator[str]:
    """Distributions of conda's that pip also installed, or whose RECORD pip has written again."""
    digests = dict(_read_digests(prefix))
    folders = sorted(folder for folder in prefix.glob(_INFO) if (folder / "RECORD").is_file())
    of_conda = {_name_of(folder) for folder in folders if _record_of(folder, prefix) in digests}
    for folder in folders:
        record = _record_of(folder, prefix)
        if record not in digests:
            if _name_of(folder) in of_conda:
                yield _name_of(folder)
        elif digests[record] not in (None, hashlib.sha256((prefix / record).read_bytes()).hexdigest()):
            yield _name_of(folder)


def _read_digests(prefix: Path) -> Iterator[tuple[str, str | None]]:
    """Each file of conda's that is a RECORD, with its SHA-256 where conda noted it."""
    for file in sorted((prefix / "conda-meta").glob("*.json")):
        record = orjson.loads(file.read_bytes())
        known = {entry["_path"]: _digest_of(entry) for entry in _paths_of(record)}
        for path in record.get("files") or ():
            if path.endswith(".dist-info/RECORD"):
                yield path, known.get(path)


def _paths_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    return (record.get("paths_data") or {}).get("paths") or []


def _digest_of(entry: dict[str, Any]) -> str | None:
    return entry.get("sha256_in_prefix") or entry.get("sha256")


def _record_of(folder: Path, prefix: Path) -> str:
    return (folder / "RECORD").relative_to(prefix).as_posix()


def _name_of(folder: Path) -> str:
    """The name in a folder like ``Foo_Bar-1.0.dist-info``, normalised (PEP 503)."""
    return folder.name.split("-")[0].replace("_", "-").replace(".", "-").lower()

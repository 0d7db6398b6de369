"""Writing an environment's archive, and looking into one that a user brings."""

from __future__ import annotations

import os
import tarfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from ethlogs.environment.fingerprint import LEFT_OUT
from ethlogs.errors import PackError, SettingsError

_COMPRESSION = 4
"""Of gzip: level 9 takes four times as long for 4 percent less."""
_THREADS = 2
_INTERPRETERS = ("bin/python", "bin/python3")


def write_archive(prefix: Path, target: Path) -> None:
    """Pack an environment under a temporary name, for its owner alone, and rename it.

    Raises
    ------
    PackError
        When conda-pack refuses it, with its own words, or there is no room.
    """
    refuse_editable(prefix)
    conda_pack = import_conda_pack()
    temporary = target.with_name(f".{target.name.removesuffix('.tar.gz')}.{os.getpid()}.tar.gz")
    try:
        conda_pack.pack(
            prefix=str(prefix),
            output=str(temporary),
            format="tar.gz",
            compress_level=_COMPRESSION,
            n_threads=_THREADS,
            filters=[("exclude", pattern) for pattern in _patterns()],
        )
        temporary.chmod(0o600)
        temporary.replace(target)
    except conda_pack.CondaPackException as exc:
        raise PackError(
            f"{prefix} cannot be packed: {' '.join(str(exc).split())}",
            hint="make the environment anew, without editable installs and without pip over conda's packages",
        ) from exc
    except OSError as exc:
        raise PackError(
            f"the archive {target} cannot be written: {exc.strerror or exc}",
            hint="make room, or give --output",
        ) from exc
    finally:
        temporary.unlink(missing_ok=True)


def refuse_editable(prefix: Path) -> None:
    """Refuse what is installed as a link to a folder of this machine (PEP 610), which conda-pack would pack.

    Raises
    ------
    PackError
        Naming it.
    """
    for file in prefix.glob("lib/python3*/site-packages/*.dist-info/direct_url.json"):
        name = file.parent.name.split("-")[0]
        if orjson.loads(file.read_bytes()).get("dir_info", {}).get("editable") and name not in LEFT_OUT:
            raise PackError(
                f"{prefix} cannot be packed: {name} is an editable install, a link to another folder",
                hint=f"install it without -e: pip install the folder of {name}",
            )


def find_interpreter(archive: Path) -> str:
    """The interpreter's path in an archive: ``bin/python``, or below an inner folder.

    Raises
    ------
    PackError
        When there is none, when it is no archive, or when a member would be unpacked elsewhere.
    """
    found = None
    for name in _names(archive):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise PackError(f"{archive} has the member {name!r}, which leaves the folder it is unpacked in")
        inner = str(PurePosixPath(*path.parts[-2:]))
        if inner in _INTERPRETERS and len(path.parts) <= 3 and (found is None or len(name) < len(found)):
            found = str(path)
    if found is None:
        raise PackError(
            f"{archive} has no bin/python", hint="it should be what ethlogs pack or conda-pack writes"
        )
    return found


def _names(archive: Path) -> Iterator[str]:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                yield from zipped.namelist()
            return
        with tarfile.open(archive) as tar:
            for member in tar:
                yield member.name
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as exc:
        raise PackError(
            f"{archive} cannot be read as an archive: {exc}",
            hint="YARN unpacks tar, tar.gz, tgz, zip and jar",
        ) from exc


def _patterns() -> list[str]:
    site = "lib/python3*/site-packages"
    shapes = ("{}/*", "{}-*.dist-info/*", "__editable__*{}*")
    return [f"{site}/{shape.format(name)}" for name in LEFT_OUT for shape in shapes]


def import_conda_pack() -> Any:
    """The packer, which only packing needs.

    Raises
    ------
    SettingsError
        Where it is not installed.
    """
    try:
        with warnings.catch_warnings():
            # It imports pkg_resources, which setuptools has deprecated.
            warnings.simplefilter("ignore")
            import conda_pack
    except ImportError as exc:
        raise SettingsError(
            "an environment cannot be packed without conda-pack", hint="pip install 'ethlogs[pack]'"
        ) from exc
    return conda_pack

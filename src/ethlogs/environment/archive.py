"""Writing an environment's archive, and looking into one that a user brings."""

from __future__ import annotations

import contextlib
import os
import tarfile
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ethlogs.environment.fingerprint import LEFT_OUT
from ethlogs.environment.integrity import check_integrity
from ethlogs.errors import PackError, SettingsError
from ethlogs.repeated import repeated

_COMPRESSION = 4
"""Of gzip: level 9 takes four times as long for 4 percent less."""
_THREADS = 1
"""With more a full disk is met in a thread of conda-pack's, which prints it and continues reading."""
_LOOK_SECONDS = 0.5
SCRATCH_PREFIX = ".packing-"
_INSTALLED_BY = {
    "gssapi": "python-gssapi of conda-forge, or pip install gssapi",
    "lz4": "pip install 'kafka-python[lz4]'",
    "prometheus_client": "pip install prometheus-client",
    "snappy": "pip install 'kafka-python[snappy]'",
    "zstandard": "pip install 'kafka-python[zstd]'",
}
_INTERPRETERS = ("bin/python", "bin/python3")


def write_archive(prefix: Path, target: Path, show: Callable[[int], None] = lambda _done: None) -> None:
    """Pack an environment under a temporary name, for its owner alone, and rename it.

    ``show`` is given the bytes that are written so far.

    Raises
    ------
    PackError
        When conda-pack refuses it, with its own words, or there is no room.
    """
    check_integrity(prefix)
    conda_pack = import_conda_pack()
    temporary = target.with_name(f".{target.name.removesuffix('.tar.gz')}.{os.getpid()}.tar.gz")
    try:
        with (
            _scratch_beside(target) as scratch,
            repeated("packing", _LOOK_SECONDS, lambda: _show_size(scratch, show)),
            warnings.catch_warnings(),
        ):
            # That packages are not in the package cache any more: the files of the environment are taken.
            warnings.filterwarnings("ignore", message=r"\s*Conda-managed packages were found without")
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
            hint="make a new environment, without editable installs and without pip over conda's packages",
        ) from exc
    except OSError as exc:
        raise PackError(
            f"the archive {target} cannot be written: {exc.strerror or exc}",
            hint="make room, or give --output",
        ) from exc
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _scratch_beside(target: Path) -> Iterator[Path]:
    """Keep the packer's unfinished file beside the target.

    It would be in /tmp, which may be small, and would stay there after Ctrl-C.
    """
    earlier = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix=SCRATCH_PREFIX, dir=target.parent) as folder:
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = earlier


def _show_size(folder: Path, show: Callable[[int], None]) -> None:
    """Show how much is written into a folder: conda-pack does not report how far it is."""
    # A file may be renamed away between two looks at it.
    with contextlib.suppress(FileNotFoundError):
        show(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()))


def find_interpreter(archive: Path) -> str:
    """The interpreter's path in an archive: ``bin/python``, or below an inner folder.

    Raises
    ------
    PackError
        When there is none, when it is not an archive, or when a member would be unpacked elsewhere.
    """
    found = None
    for name in _names(archive):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise PackError(
                f"{archive} has the member {name!r}, which leaves the folder it is unpacked in",
                hint="it should be what ethlogs pack or conda-pack writes",
            )
        inner = str(PurePosixPath(*path.parts[-2:]))
        if inner in _INTERPRETERS and len(path.parts) <= 3 and (found is None or len(name) < len(found)):
            found = str(path)
    if found is None:
        raise PackError(f"{archive} has no bin/python", hint="give an archive of ethlogs pack or conda-pack")
    return found


def require_packages(archive: Path, packages: Mapping[str, str]) -> None:
    """Refuse an archive that lacks a Python package which this run needs.

    ``packages`` says of each import name what it is needed for.

    Raises
    ------
    PackError
        When one is missing, with how to add it.
    """
    missing = dict(packages)
    for name in _names(archive):
        parent, _, module = str(PurePosixPath(name).parent).rpartition("/")
        if PurePosixPath(parent).name == "site-packages":
            missing.pop(module, None)
        if not missing:
            return
    for package, purpose in missing.items():
        raise PackError(
            f"{archive} has no Python package {package}, which {purpose} needs",
            hint=f"add it to the environment and pack again: {_INSTALLED_BY.get(package, package)}",
        )


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

"""Packing an environment from a file, a folder or a name into an archive that is known to work."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from ethlogs.environment.archive import SCRATCH_PREFIX, find_interpreter, import_conda_pack, write_archive
from ethlogs.environment.check import check_archive
from ethlogs.environment.condarc import Condarc, read_condarc
from ethlogs.environment.fingerprint import fingerprint_of, python_version, read_content
from ethlogs.environment.install import create_environment, require_rattler
from ethlogs.environment.local_files import digest_of, find_local_files
from ethlogs.environment.prefix import find_prefix
from ethlogs.environment.spec import DEFAULT_FILE, EnvironmentSpec, read_spec
from ethlogs.errors import PackError
from ethlogs.notify import Notify, ShowBytes, ignore_bytes
from ethlogs.private_files import make_trusted_folder
from ethlogs.settings.submission import EnvironmentOptions


@dataclass(frozen=True)
class PackSettings(EnvironmentOptions):
    """The environment to pack, and the place of its archive."""

    output: str | None = None
    """A file or a folder; by default the cache."""

    force: bool = False

    @classmethod
    def of(
        cls, environment: EnvironmentOptions, output: str | None = None, force: bool = False
    ) -> PackSettings:
        """Return the settings for an environment."""
        return cls(**vars(environment), output=output, force=force)


@dataclass(frozen=True)
class Archive:
    """A packed environment."""

    path: Path
    fingerprint: str
    size_bytes: int
    python: str
    """The interpreter's path inside."""
    python_version: str | None
    reused: bool
    seconds: dict[str, float] = field(default_factory=dict)
    """By step."""


def pack_environment(
    settings: PackSettings, cache: Path, report: Notify, show_bytes: ShowBytes = ignore_bytes
) -> Archive:
    """The archive of an environment; an unchanged one is recognised and not packed again.

    ``cache`` keeps archives and conda packages between calls. Two calls at once take turns.

    Raises
    ------
    PackError
        When it cannot be solved, installed, packed, or does not work where it is unpacked.
    """
    _check(settings)
    for folder in (cache, cache / "archives", cache / "environments"):
        _make_private(folder)
    try:
        with _locked(cache / "pack.lock", report):
            _remove_unfinished(cache)
            archive = _Packer(settings, cache, report, show_bytes).pack()
    except OSError as exc:
        raise PackError(
            f"{exc.filename or cache} cannot be used: {exc.strerror or exc}",
            hint="make room, or set XDG_CACHE_HOME to another folder",
        ) from exc
    return archive if settings.output is None else _copy(archive, Path(settings.output))


def _check(settings: PackSettings) -> None:
    """Check first what would otherwise fail after a minute."""
    if settings.glibc is not None and not re.fullmatch(r"\d+\.\d+", settings.glibc):
        raise PackError(f"--glibc {settings.glibc} is not a version of glibc", hint="give one like 2.17")
    if settings.output is not None and not Path(settings.output).absolute().parent.is_dir():
        raise PackError(f"the folder of --output {settings.output} does not exist", hint="make it first")


def _remove_unfinished(cache: Path) -> None:
    """Remove what a killed packing left: under the lock there is no other one."""
    for path in (cache / "environments").iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
    for path in (cache / "archives").iterdir():
        if path.name.startswith(SCRATCH_PREFIX):
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.startswith("."):
            path.unlink()


class _Packer:
    """One call of :func:`pack_environment`, under its lock."""

    def __init__(self, settings: PackSettings, cache: Path, report: Notify, show_bytes: ShowBytes) -> None:
        self._settings = settings
        self._cache = cache
        self._report = report
        self._show_bytes = show_bytes
        self._seconds: dict[str, float] = {}
        self._begun = time.monotonic()

    def pack(self) -> Archive:
        settings = self._settings
        if settings.env_prefix or settings.env_name:
            prefix = find_prefix(settings.env_prefix, settings.env_name)
            return self._pack_prefix(prefix, original_stays=True)
        spec = read_spec(Path(settings.env_file) if settings.env_file else DEFAULT_FILE)
        condarc = read_condarc()
        key = _key_of(spec, condarc, settings.glibc)
        note = self._cache / "environments" / f"{key}.fingerprint"
        if not settings.force and note.is_file():
            known = self._known(note.read_text())
            if known is not None:
                return known
        prefix = self._cache / "environments" / key
        # Missing, they are missed now and not after a minute.
        require_rattler()
        import_conda_pack()
        try:
            with self._step("solve and install"):
                packages = self._cache / "packages"
                create_environment(spec, condarc, settings.glibc, prefix, packages, self._report)
            archive = self._pack_prefix(prefix, original_stays=False)
        finally:
            shutil.rmtree(prefix, ignore_errors=True)
        _write_private(note, archive.fingerprint.encode())
        return archive

    def _pack_prefix(self, prefix: Path, *, original_stays: bool) -> Archive:
        with self._step("fingerprint"):
            content = read_content(prefix)
            fingerprint = fingerprint_of(content)
        if not self._settings.force:
            known = self._known(fingerprint)
            if known is not None:
                return known
        path = self._path_of(fingerprint)
        fresh = path.with_name(f".unchecked-{path.name}")
        try:
            with self._step("pack"):
                self._report("packing")
                write_archive(prefix, fresh, lambda done: self._show_bytes("packing", done, None))
            if not original_stays:
                # Out of reach, so that the check cannot pass because of it.
                shutil.rmtree(prefix)
            with self._step("check"):
                self._report("trying the archive elsewhere")
                python = find_interpreter(fresh)
                check_archive(fresh, python, prefix)
            lock = {"fingerprint": fingerprint, "platform": platform.platform(), **content}
            _write_private(self._lock_of(fingerprint), orjson.dumps(lock, option=orjson.OPT_INDENT_2))
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
        return self._archive(fingerprint, python, content, reused=False)

    def _known(self, fingerprint: str) -> Archive | None:
        """An archive that was packed and checked before."""
        if not self._path_of(fingerprint).is_file() or not self._lock_of(fingerprint).is_file():
            return None
        content = orjson.loads(self._lock_of(fingerprint).read_bytes())
        return self._archive(fingerprint, "bin/python", content, reused=True)

    def _archive(self, fingerprint: str, python: str, content: dict[str, Any], *, reused: bool) -> Archive:
        path = self._path_of(fingerprint)
        self._seconds["all"] = round(time.monotonic() - self._begun, 3)
        return Archive(
            path, fingerprint, path.stat().st_size, python, python_version(content), reused, self._seconds
        )

    def _path_of(self, fingerprint: str) -> Path:
        return self._cache / "archives" / f"env-{fingerprint}.tar.gz"

    def _lock_of(self, fingerprint: str) -> Path:
        return self._cache / "archives" / _lock_name(f"env-{fingerprint}.tar.gz")

    @contextlib.contextmanager
    def _step(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self._seconds[name] = round(time.monotonic() - begun, 3)


def _key_of(spec: EnvironmentSpec, condarc: Condarc, glibc: str | None) -> str:
    """Return what an environment made from a file depends on, besides what the channels have that day."""
    files = find_local_files(spec.pip, spec.file.resolve().parent)
    texts = [spec.file.read_text(), *(digest_of(file) for file in files)]
    own_glibc = os.confstr("CS_GNU_LIBC_VERSION")
    tools = [_version_of(name) for name in ("py-rattler", "conda-pack", "ethlogs")]
    channels = condarc.resolve_all(spec.channels or condarc.channels)
    specs = [condarc.resolve_spec(text) for text in spec.conda]
    parts = [texts, channels, specs, glibc or own_glibc, platform.machine(), tools]
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:16]


def _version_of(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _copy(archive: Archive, output: Path) -> Archive:
    target = output / archive.path.name if output.is_dir() else output
    temporary = _temporary_name(target)
    try:
        with archive.path.open("rb") as source, _open_private(temporary) as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        temporary.replace(target)
        lock = archive.path.with_name(_lock_name(archive.path.name))
        _write_private(target.with_name(_lock_name(target.name)), lock.read_bytes())
    except OSError as exc:
        raise PackError(
            f"the archive cannot be written to {target}: {exc.strerror}", hint="make room"
        ) from exc
    finally:
        temporary.unlink(missing_ok=True)
    return replace(archive, path=target)


def _make_private(folder: Path) -> None:
    try:
        make_trusted_folder(folder)
    except OSError as exc:
        raise PackError(
            f"the cache {folder} cannot be made: {exc.strerror}", hint="set XDG_CACHE_HOME to another folder"
        ) from exc


def _lock_name(name: str) -> str:
    return f"{re.sub(r'[.](tar[.]gz|tgz)$', '', name)}.lock.json"


def _write_private(path: Path, data: bytes) -> None:
    """All of it or nothing, for its owner alone."""
    temporary = _temporary_name(path)
    try:
        with _open_private(temporary) as file:
            file.write(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _temporary_name(path: Path) -> Path:
    """A name that nobody can have prepared: the folder may be /tmp."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")


def _open_private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


@contextlib.contextmanager
def _locked(path: Path, report: Notify) -> Iterator[None]:
    """One packing at a time; the kernel frees the lock of a process that was killed."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("another ethlogs is packing: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield

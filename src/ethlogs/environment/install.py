"""An environment made from its specification by py-rattler: no conda is needed on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ethlogs.environment.condarc import Condarc
from ethlogs.environment.spec import EnvironmentSpec
from ethlogs.errors import PackError, SettingsError

PLATFORM = "linux-64"
_NETWORK = (
    "error sending request",
    "failed to fetch",
    "dns error",
    "connection",
    "timed out",
    "no such file",
)
_LAST_CHARACTERS = 1500


def create_environment(
    spec: EnvironmentSpec,
    condarc: Condarc,
    glibc: str | None,
    prefix: Path,
    package_cache: Path,
    report: Callable[[str], None],
) -> None:
    """Solve, install into ``prefix``, then run the pip section with the environment's own Python.

    Raises
    ------
    PackError
        With the solver's or pip's own words.
    """
    shutil.rmtree(prefix, ignore_errors=True)
    channels = [condarc.resolve(channel) for channel in spec.channels or condarc.channels]
    with _variables(condarc.environment()):
        report(f"solving {spec.file} with the channels {', '.join(channels)}")
        asyncio.run(_create(spec, channels, glibc, prefix, package_cache, report))
    if spec.pip:
        report("installing the pip section")
        _run_pip(spec, prefix)


def import_rattler() -> Any:
    """The solver, which only packing needs.

    Raises
    ------
    SettingsError
        Where it is not installed.
    """
    try:
        import rattler
    except ImportError as exc:
        raise SettingsError(
            "an environment cannot be made from a file without py-rattler",
            hint="pip install 'ethlogs[pack]', or give --env-prefix, or --env-archive",
        ) from exc
    return rattler


async def _create(
    spec: EnvironmentSpec,
    channels: list[str],
    glibc: str | None,
    prefix: Path,
    package_cache: Path,
    report: Callable[[str], None],
) -> None:
    rattler = import_rattler()
    try:
        wanted = [rattler.MatchSpec(text) for text in spec.conda]
    except Exception as exc:
        raise PackError(f"{spec.file}: {exc}", hint="mend that dependency") from exc
    try:
        records = await rattler.solve(
            sources=channels,
            specs=wanted,
            platforms=[PLATFORM, "noarch"],
            virtual_packages=_virtual_packages(rattler, glibc),
        )
        report(f"installing {len(records)} conda packages")
        await rattler.install(records, target_prefix=prefix, cache_dir=package_cache, show_progress=False)
    except OSError as exc:
        raise PackError(f"the environment cannot be written to {prefix}: {exc}", hint="make room") from exc
    except Exception as exc:
        raise _to_pack_error(spec.file, channels, str(exc)) from exc


def _to_pack_error(file: Path, channels: list[str], words: str) -> PackError:
    if "No space left" in words:
        return PackError(f"the disk is full: {words}", hint="make room, or set XDG_CACHE_HOME elsewhere")
    if any(sign in words.lower() for sign in _NETWORK):
        return PackError(
            f"a channel of {', '.join(channels)} cannot be reached: {words}",
            hint="is it spelled right, and do .condarc and HTTPS_PROXY name your proxy?",
        )
    return PackError(f"{file} cannot be solved: {words}", hint="loosen one of these, or add a channel")


def _virtual_packages(rattler: Any, glibc: str | None) -> list[Any]:
    """This machine's, but another glibc where the cluster's is older."""
    found = [package.into_generic() for package in rattler.VirtualPackage.detect()]
    if glibc is None:
        return found
    others = [package for package in found if package.name.normalized != "__glibc"]
    version = rattler.Version(glibc)
    build = getattr(rattler, "BuildString", str)("0")
    return [*others, rattler.GenericVirtualPackage(rattler.PackageName("__glibc"), version, build)]


def _run_pip(spec: EnvironmentSpec, prefix: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment["PYTHONNOUSERSITE"] = "1"
    environment.pop("VIRTUAL_ENV", None)
    command = [str(prefix / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
    finished = subprocess.run(
        [*command, "--disable-pip-version-check", *spec.pip],
        cwd=spec.file.resolve().parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        words = finished.stderr.strip()[-_LAST_CHARACTERS:]
        raise PackError(
            f"the pip section of {spec.file} cannot be installed: {words}",
            hint="mend it, or pip's own configuration",
        )


@contextlib.contextmanager
def _variables(wanted: dict[str, str]) -> Iterator[None]:
    """The solver takes proxies and certificates from the environment alone."""
    earlier = {name: os.environ.get(name) for name in wanted}
    os.environ.update({name: value for name, value in wanted.items() if name not in os.environ})
    try:
        yield
    finally:
        for name, value in earlier.items():
            if value is None:
                os.environ.pop(name, None)

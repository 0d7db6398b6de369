"""An environment made from its specification by py-rattler: no conda is needed on this machine.

py-rattler works in its own process. Its threads outlive a failed solve, and an interpreter that ends
while they run is aborted (status 134 in place of the error's); and only a process can be stopped at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from ethlogs.environment.condarc import Condarc, check_certificates
from ethlogs.environment.pip import run_pip
from ethlogs.environment.redact import redact
from ethlogs.environment.spec import EnvironmentSpec
from ethlogs.errors import PackError, SettingsError
from ethlogs.temporary import find_temporary_place

_PLATFORMS = {"x86_64": "linux-64", "aarch64": "linux-aarch64", "ppc64le": "linux-ppc64le"}
_NETWORK = (
    "error sending request",
    "failed to fetch",
    "dns error",
    "connection",
    "timed out",
    "no such file",
)
_NO_ROOM = ("no space left", "file too large", "quota exceeded")
_PROGRAM = "from ethlogs.environment.install import work; work()"
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
    check_certificates(condarc)
    shutil.rmtree(prefix, ignore_errors=True)
    channels = condarc.resolve_all(spec.channels or condarc.channels)
    report(f"solving {spec.file} with the channels {redact(', '.join(channels))}")
    wanted = {
        "specs": [condarc.resolve_spec(text) for text in spec.conda],
        "channels": channels,
        "glibc": glibc,
        "platform": conda_platform(),
        "prefix": str(prefix),
        "cache": str(package_cache),
    }
    failure = _run_worker(wanted, condarc, report)
    if failure is not None:
        shown = {key: redact(text) for key, text in failure.items()}
        raise _to_pack_error(spec.file, [redact(channel) for channel in channels], **shown)
    _redact_metadata(prefix)
    if spec.pip:
        report("installing the pip section")
        run_pip(spec, prefix, glibc)


def _redact_metadata(prefix: Path) -> None:
    """Take the channels' tokens out of the records of packages, which travel in the archive."""
    for file in (prefix / "conda-meta").glob("*.json"):
        text = file.read_text()
        record = orjson.loads(text)
        for key in ("url", "channel"):
            if isinstance(record.get(key), str):
                record[key] = redact(record[key])
        if record != orjson.loads(text):
            # A new file: the old one may be a hard link to the package cache.
            file.unlink()
            file.write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2))


def require_rattler() -> None:
    """Raise where the solver, which only packing needs, is not installed.

    Raises
    ------
    SettingsError
        Saying how to install it.
    """
    if find_spec("rattler") is None:
        raise SettingsError(
            "an environment cannot be made from a file without py-rattler",
            hint="pip install 'ethlogs[pack]', or give --env-prefix, or --env-archive",
        )


def conda_platform() -> str:
    """Return conda's name of this machine's platform.

    Raises
    ------
    PackError
        Where conda has none.
    """
    machine = platform.machine()
    if machine not in _PLATFORMS:
        raise PackError(f"conda has no packages for {machine}", hint="give --env-archive")
    return _PLATFORMS[machine]


def _run_worker(
    wanted: dict[str, Any], condarc: Condarc, report: Callable[[str], None]
) -> dict[str, str] | None:
    """Run :func:`work` in a process; returns how it failed, if it did."""
    source = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, **condarc.environment(os.environ), "PYTHONPATH": path}
    with tempfile.TemporaryFile("w+", errors="replace", dir=find_temporary_place()) as errors:
        worker = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
        )
        with worker:
            try:
                _give_task(worker, wanted)
                answer = _read_answer(worker, report)
            finally:
                worker.kill()
        if answer is None:
            errors.seek(0)
            words = errors.read().strip()[-_LAST_CHARACTERS:]
            answer = {"what": "solve", "words": words or f"the solver ended with {worker.returncode}"}
    return answer or None


def _give_task(worker: subprocess.Popen[bytes], wanted: dict[str, Any]) -> None:
    """Through a pipe: everybody here can read the arguments of a process, and channels have tokens."""
    assert worker.stdin is not None  # noqa: S101 - a pipe was asked for
    with contextlib.suppress(BrokenPipeError), worker.stdin as pipe:
        pipe.write(orjson.dumps(wanted))


def _read_answer(worker: subprocess.Popen[bytes], report: Callable[[str], None]) -> dict[str, str] | None:
    """Its last line: empty where it succeeded; ``None`` where it said nothing."""
    assert worker.stdout is not None  # noqa: S101 - a pipe was asked for
    answer: dict[str, str] | None = None
    for line in worker.stdout:
        found = orjson.loads(line)
        if isinstance(found, str):
            report(found)
        else:
            answer = found
            break
    return answer


def work() -> None:
    """Run in the process: its task is on stdin, each line of stdout is JSON."""
    # At Ctrl-C the parent process prints why; this one only ends.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    answer = asyncio.run(_create(orjson.loads(sys.stdin.buffer.read())))
    _tell(answer)
    # Without the interpreter's own end, which waits for nobody's threads.
    os._exit(0)


def _tell(something: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(something) + b"\n")
    sys.stdout.buffer.flush()


async def _create(wanted: dict[str, Any]) -> dict[str, str]:
    import rattler

    what = "read"
    try:
        specs = [rattler.MatchSpec(text) for text in wanted["specs"]]
        what = "solve"
        records = await rattler.solve(
            sources=wanted["channels"],
            specs=specs,
            platforms=[wanted["platform"], "noarch"],
            virtual_packages=_virtual_packages(rattler, wanted["glibc"]),
        )
        _tell(f"installing {len(records)} conda packages")
        what = "install"
        cache = Path(wanted["cache"])
        await rattler.install(records, target_prefix=wanted["prefix"], cache_dir=cache, show_progress=False)
    except Exception as exc:  # noqa: BLE001 - every kind is reported in its own words
        return {"what": what, "words": str(exc).strip()}
    return {}


def _virtual_packages(rattler: Any, glibc: str | None) -> list[Any]:
    """This machine's, but another glibc where the cluster's is older."""
    found = [package.into_generic() for package in rattler.VirtualPackage.detect()]
    if glibc is None:
        return found
    others = [package for package in found if package.name.normalized != "__glibc"]
    version = rattler.Version(glibc)
    build = getattr(rattler, "BuildString", str)("0")
    return [*others, rattler.GenericVirtualPackage(rattler.PackageName("__glibc"), version, build)]


def _to_pack_error(file: Path, channels: list[str], what: str, words: str) -> PackError:
    lower = words.lower()
    if what == "read":
        return PackError(f"{file}: {words}", hint="correct that dependency")
    if any(sign in lower for sign in _NO_ROOM):
        return PackError(f"the disk is full: {words}", hint="make room, or set XDG_CACHE_HOME elsewhere")
    if any(sign in lower for sign in _NETWORK):
        return PackError(
            f"a channel of {', '.join(channels)} cannot be reached: {words}",
            hint="is it spelled right, and do .condarc and HTTPS_PROXY name your proxy?",
        )
    if what == "install":
        return PackError(f"the packages of {file} cannot be installed: {words}", hint="try again")
    return PackError(f"{file} cannot be solved: {words}", hint="loosen one of these, or add a channel")

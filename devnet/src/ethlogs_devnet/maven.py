"""Jars of Maven modules, fetched once by the Ivy that pyspark brings and checked against a committed list."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ethlogs_devnet.cache import building_folder, cache_folder, locked
from ethlogs_devnet.errors import DevnetError, MissingToolError
from ethlogs_devnet.java import find_java
from ethlogs_devnet.progress import Report, silent

_STAMP = "checked.json"
_ATTEMPTS = 3
# master,runtime: with the configuration "runtime" alone Ivy leaves the jar of the module itself out
_WITH_ALL, _ALONE = "master,runtime", "master"
_DEPENDENCY = '<dependency org="{}" name="{}" rev="{}" conf="default->{}"/>'
_IVY_FILE = """<ivy-module version="2.0">
  <info organisation="ethlogs" module="devnet"/>
  <configurations><conf name="default"/></configurations>
  <dependencies>{}</dependencies>
</ivy-module>
"""


class Module(NamedTuple):
    """A Maven module's coordinates."""

    group: str
    artifact: str
    version: str


@dataclass(frozen=True)
class JarSet:
    """Maven modules and the jars of all that they need, as the committed file ``hashes`` lists them.

    ``name`` and ``version`` are what messages say, and in lower case what the cache's folder is called;
    ``fetch_time`` is how long they say to wait. With ``alone`` it is the modules' own jars and no others.
    """

    name: str
    version: str
    modules: Sequence[Module]
    hashes: Path
    fetch_time: str
    alone: bool = False

    @property
    def home(self) -> Path:
        """The cache's folder of everything that belongs to this version."""
        return cache_folder() / f"{self.name.lower()}-{self.version}"

    def lock(self) -> AbstractContextManager[None]:
        """Return the lock under which ``home`` is filled."""
        return locked(self.name.lower())

    def find(self, report: Report = silent) -> list[Path]:
        """Return the checked jars, in the order of the list; fetch them first where they are not there."""
        jars = self.home / "jars"
        if not self._is_checked(jars):
            with self.lock():
                if not self._is_checked(jars):
                    report(f"fetching {self.name} {self.version}: {self.fetch_time}, once")
                    self._download(jars)
        return [jars / name for name in self.expected_hashes()]

    def expected_hashes(self) -> dict[str, str]:
        """Return SHA-256 by file name, as committed."""
        lines = self.hashes.read_text().splitlines()
        return {name: digest for digest, name in (line.split() for line in lines)}

    def check(self, folder: Path) -> None:
        """Raise DevnetError unless ``folder`` has exactly the jars of the list with their exact content."""
        expected = self.expected_hashes()
        found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.glob("*.jar")}
        names = expected.keys() | found.keys()
        wrong = sorted(name for name in names if expected.get(name) != found.get(name))
        if wrong:
            raise DevnetError(f"jars that are not what {self.hashes.name} says: {', '.join(wrong)}")

    def _is_checked(self, jars: Path) -> bool:
        """Tell whether the jars are those that were hashed, by the sizes and times noted then."""
        try:
            stamp = json.loads((jars / _STAMP).read_text())
            return bool(stamp == self._build_stamp(jars))
        except (OSError, ValueError):
            return False

    def _build_stamp(self, jars: Path) -> dict[str, list[int | str]]:
        stats = {name: (digest, (jars / name).stat()) for name, digest in self.expected_hashes().items()}
        return {name: [digest, stat.st_size, stat.st_mtime_ns] for name, (digest, stat) in stats.items()}

    @property
    def _dependencies(self) -> str:
        what = _ALONE if self.alone else _WITH_ALL
        return "".join(_DEPENDENCY.format(*module, what) for module in self.modules)

    def _download(self, final: Path) -> None:
        java, ivy = find_java(), _find_ivy(self.name)
        with building_folder(final) as folder:
            for attempt in range(1, _ATTEMPTS + 1):
                error = _run_ivy(java, ivy, self._dependencies, folder)
                if error is None:
                    break
                if attempt == _ATTEMPTS:
                    raise DevnetError(
                        f"fetching {self.name} {self.version} failed: {error}",
                        hint="it needs the network, once",
                    )
            self.check(folder)
            (folder / _STAMP).write_text(json.dumps(self._build_stamp(folder)))


def _run_ivy(java: str, ivy: Path, dependencies: str, folder: Path) -> str | None:
    """Fetch the jars into ``folder``; return what Ivy complained of, if it did."""
    work = folder / "ivy"
    work.mkdir(exist_ok=True)
    (work / "ivy.xml").write_text(_IVY_FILE.format(dependencies))
    target = str(folder / "[artifact]-[revision](-[classifier]).[ext]")
    command = [java, "-cp", str(ivy), "org.apache.ivy.Main", "-warn", "-ivy", str(work / "ivy.xml")]
    command += ["-cache", str(work / "cache"), "-confs", "default", "-retrieve", target]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        return (result.stdout + result.stderr).strip()[-500:]
    shutil.rmtree(work)
    return None


def _find_ivy(name: str) -> Path:
    spec = importlib.util.find_spec("pyspark")
    if spec is not None and spec.origin is not None:
        found = sorted((Path(spec.origin).parent / "jars").glob("ivy-*.jar"))
        if found:
            return found[-1]
    raise MissingToolError(
        f"{name}'s jars are fetched by the Ivy of pyspark and pyspark is not installed",
        hint="pip install ethlogs-devnet",
    )

"""The specification of an environment: a conda-env.yml or a requirements.txt, parsed and checked."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ethlogs.environment.local_files import read_requirement_lines
from ethlogs.environment.redact import redact
from ethlogs.errors import PackError

DEFAULT_FILE = Path(__file__).with_name("conda-env.yml")
_PYTHON_OF_REQUIREMENTS = "python 3.11.*"
_NO_DEFAULTS = "nodefaults"
_FUZZY = re.compile(r"([\w.\-]+|\S+::[\w.\-]+)=([^=<>!,|~*]+\*?)(?:=([^=]+))?")
_LEFT_OUT = re.compile(r"\s*(?:\S+::)?pyspark(?![\w.-])", re.IGNORECASE)


@dataclass(frozen=True)
class EnvironmentSpec:
    """Channels and packages that an environment is asked for."""

    file: Path
    channels: tuple[str, ...]
    conda: tuple[str, ...]
    """Specifications as a solver takes them, like ``python 3.11.*``."""
    pip: tuple[str, ...]
    """Lines of the pip section; paths in them are relative to the file's folder."""


def read_spec(file: Path) -> EnvironmentSpec:
    """Read a conda-env.yml, or a requirements.txt for the Python of ethlogs.

    Raises
    ------
    PackError
        When it cannot be read or is neither.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise PackError(f"{file} cannot be read: {exc}", hint="give --env-file conda-env.yml") from exc
    if file.suffix == ".txt":
        spec = EnvironmentSpec(file, (), (_PYTHON_OF_REQUIREMENTS, "pip"), (f"-r {shlex.quote(file.name)}",))
        _check_left_out(file, read_requirement_lines(spec.pip, file.resolve().parent))
        return spec
    return _parse(file, text)


def to_match_spec(text: str) -> str:
    """A dependency of conda-env.yml as a solver takes it: there ``=3.11`` means any 3.11."""
    match = _FUZZY.fullmatch(text.replace(" ", ""))
    if match is None:
        return text
    name, version, build = match.groups()
    if build:
        return f"{name} {version} {build}"
    return f"{name} {version.rstrip('*').rstrip('.')}.*"


def _parse(file: Path, text: str) -> EnvironmentSpec:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise PackError(
            f"{file} is not YAML: {redact(' '.join(str(exc).split()))}", hint="fix that line"
        ) from exc
    if not isinstance(document, dict) or not isinstance(document.get("dependencies"), list):
        raise PackError(f"{file} has no list of dependencies", hint="give a conda environment file")
    channels = _texts(file, "channels", document.get("channels") or [])
    conda = [item for item in document["dependencies"] if not isinstance(item, dict)]
    specs = [to_match_spec(spec) for spec in _texts(file, "dependencies", conda)]
    lines = _pip_lines(file, document["dependencies"])
    _check_left_out(file, [*specs, *read_requirement_lines(lines, file.resolve().parent)])
    if lines and not any(re.split(r"[\s=<>!~]", spec)[0].rpartition("::")[2] == "pip" for spec in specs):
        specs.append("pip")
    return EnvironmentSpec(
        file, tuple(name for name in channels if name != _NO_DEFAULTS), tuple(specs), tuple(lines)
    )


def _pip_lines(file: Path, dependencies: list[Any]) -> list[str]:
    lines = []
    for section in (item for item in dependencies if isinstance(item, dict)):
        if unknown := sorted(str(key) for key in section if key != "pip"):
            raise PackError(
                f"{file}: the dependency {unknown[0]!r} has a colon, which only pip: may have",
                hint="write a version as name =1.2",
            )
        lines += _texts(file, "pip", section["pip"] or [])
    return lines


def _texts(file: Path, key: str, values: Any) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise PackError(f"{file}: {key} is not a list of texts", hint="put quotes around numbers and dates")
    return values


def _check_left_out(file: Path, texts: list[str]) -> None:
    for text in texts:
        if _LEFT_OUT.match(text):
            raise PackError(
                f"{file} asks for {redact(text)!r}: pyspark comes with the cluster's Spark, and another one"
                " beside it breaks a run",
                hint="take it out of the file",
            )

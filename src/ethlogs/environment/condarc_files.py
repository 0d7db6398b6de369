"""conda's configuration files: which there are, how they add up, and the variables in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ethlogs.environment.redact import redact
from ethlogs.errors import PackError

_SYSTEM = ("etc/conda", "var/lib/conda")
_NAMES = (".condarc", "condarc", "condarc.d")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_FROM_ENVIRONMENT = {
    "CONDA_CHANNELS": "channels",
    "CONDA_CHANNEL_ALIAS": "channel_alias",
    "CONDA_DEFAULT_CHANNELS": "default_channels",
    "CONDA_SSL_VERIFY": "ssl_verify",
}
_SPELLINGS = {"channel": "channels", "verify_ssl": "ssl_verify", "whitelist_channels": "allowlist_channels"}
"""Older names that conda still takes."""


@dataclass
class Configuration:
    """The settings of all files; a later file takes precedence."""

    environment: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    """Where each setting comes from."""

    def add(self, place: str, content: Mapping[str, Any]) -> None:
        """Add a file's settings: tables and lists grow, the later one's come first."""
        for spelled, value in content.items():
            name = _SPELLINGS.get(str(spelled), str(spelled))
            value = self._expand(place, value)
            earlier = self.values.get(name)
            if isinstance(value, dict) and isinstance(earlier, dict):
                value = {**earlier, **value}
            elif isinstance(value, list) and isinstance(earlier, list):
                value = [*value, *(item for item in earlier if item not in value)]
            self.values[name], self.places[name] = value, place

    def _expand(self, place: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._expand(place, item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._expand(place, item) for item in value]
        return (
            _VARIABLE.sub(lambda match: self._look_up(place, match), value)
            if isinstance(value, str)
            else value
        )

    def _look_up(self, place: str, match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in self.environment:
            raise PackError(
                f"{place} uses the environment variable {name}, which is not set", hint=f"export {name}"
            )
        return self.environment[name]

    def place(self, name: str) -> str:
        """The file that sets it."""
        return self.places.get(name, "conda's configuration")

    def get(self, name: str) -> Any:
        """A setting as YAML reads it."""
        return self.values.get(name)

    def text(self, name: str) -> str | None:
        """A setting of one value."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, list | dict):
            raise self._wrong(name, "one value")
        return str(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """A setting of several values."""
        value = self.values.get(name) or ()
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list | tuple):
            raise self._wrong(name, "a list")
        return tuple(str(item) for item in value)

    def table(self, name: str) -> dict[str, str]:
        """A setting of names and values."""
        value = self.values.get(name) or {}
        if not isinstance(value, dict):
            raise self._wrong(name, "a table")
        return {str(key): str(item) for key, item in value.items()}

    def lists(self, name: str) -> dict[str, list[str]]:
        """A setting of names and lists."""
        value = self.values.get(name) or {}
        if not isinstance(value, dict) or not all(isinstance(item, list) for item in value.values()):
            raise self._wrong(name, "a table of lists")
        return {str(key): [str(item) for item in items] for key, items in value.items()}

    def _wrong(self, name: str, kind: str) -> PackError:
        return PackError(f"{self.place(name)}: {name} is not {kind}", hint="fix it there")


def read_configuration(environment: Mapping[str, str], root: Path) -> Configuration:
    """Read every file that conda would read, and its variables.

    Raises
    ------
    PackError
        When a file cannot be read or is not a table of settings, or uses a variable that is not set.
    """
    configuration = Configuration(environment)
    for path in _list_files(environment, root):
        configuration.add(str(path), _read_file(path))
    for variable, name in _FROM_ENVIRONMENT.items():
        if environment.get(variable):
            value = environment[variable]
            configuration.add(
                variable, {name: re.split(r"[,&]", value) if name.endswith("channels") else value}
            )
    return configuration


def _list_files(environment: Mapping[str, str], root: Path) -> Iterator[Path]:
    """In conda's order, the last takes precedence."""
    home = Path(environment.get("HOME") or Path.home())
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    folders = [*(root / name for name in _SYSTEM)]
    if environment.get("CONDA_ROOT"):
        folders.append(Path(environment["CONDA_ROOT"]))
    folders += [config / "conda", home / ".conda"]
    for folder in folders:
        for name in _NAMES:
            yield from _list_place(folder / name)
    yield from _list_place(home / ".condarc")
    if environment.get("CONDA_PREFIX"):
        for name in _NAMES:
            yield from _list_place(Path(environment["CONDA_PREFIX"]) / name)
    if environment.get("CONDARC"):
        yield from _list_place(Path(environment["CONDARC"]).expanduser())


def _list_place(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.suffix in (".yml", ".yaml"))
    return [path] if path.is_file() else []


def _read_file(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        # YAML's error repeats the line, which may have a token.
        reason = redact(" ".join(str(exc).split()))
        raise PackError(f"{path} cannot be read: {reason}", hint="fix it") from None
    if not isinstance(content, dict):
        raise PackError(f"{path} is not a list of settings", hint="fix it")
    return content

"""ethlogs.toml: its values become click's defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ethlogs.cli.say import say
from ethlogs.private_files import describe_readers, has_secret
from ethlogs.settings.catalogue import check_variables
from ethlogs.settings.config_file import find_config
from ethlogs.settings.toml_file import read_settings_file

_META_KEY = "ethlogs.config_path"


def load_config(context: click.Context, _option: click.Parameter, wanted: str | None) -> None:
    """Make the file's values this command's defaults: the callback of an eager option.

    Raises
    ------
    SettingsError
        When the file cannot be read, or a key or a variable ``ETHLOGS_…`` is not a setting.
    """
    check_variables(os.environ)
    path = find_config(wanted, os.environ)
    if path is None:
        return
    content = read_settings_file(path)
    context.meta[_META_KEY] = path
    _warn_of_readers(path, content)
    options = {option.opts[-1].removeprefix("--"): option for option in context.command.params}
    defaults: dict[str, Any] = {
        option.name: _fit(content[key], option)
        for key, option in options.items()
        if option.name is not None and key in content
    }
    context.default_map = {**defaults, **(context.default_map or {})}


def _warn_of_readers(path: Path, content: Mapping[str, Any]) -> None:
    texts = {
        f"{key} {number}": str(item)
        for key, value in content.items()
        for number, item in enumerate(value if isinstance(value, list) else [value])
    }
    if has_secret(texts):
        warning = describe_readers("the settings file", path)
        if warning is not None:
            say(f"warning: {warning}")


def _fit(value: Any, option: click.Parameter) -> Any:
    """Return the value as the option takes it: a command may take several where others take one."""
    several = isinstance(option, click.Option) and option.multiple
    return [value] if several and not isinstance(value, list) else value


def config_path(context: click.Context) -> Path | None:
    """Return the file that was read for this command."""
    path = context.meta.get(_META_KEY)
    return path if isinstance(path, Path) else None

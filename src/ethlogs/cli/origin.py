"""The origin of a setting, for messages: flag, environment variable or ethlogs.toml."""

from __future__ import annotations

import click
from click.core import ParameterSource

from ethlogs.cli.config_file import config_path


def origin(flag: str | None, context: click.Context) -> str | None:
    """Return the variable or the file's key that set an option; ``None`` for a flag or a default."""
    option = next((item for item in context.command.params if flag in item.opts), None)
    return None if option is None else origin_of(option, context)


def origin_of(option: click.Parameter, context: click.Context) -> str | None:
    """Return the same for an option itself."""
    source = context.get_parameter_source(option.name or "")
    if source is ParameterSource.ENVIRONMENT:
        return f"the environment variable {option.envvar}"
    if source is ParameterSource.DEFAULT_MAP:
        return f"the key {option.opts[-1].lstrip('-')} of {config_path(context)}"
    return None


def list_sources(context: click.Context) -> list[str]:
    """List where each value that is not a default came from; the values may be secrets."""
    sources = []
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        flag = option.opts[-1]
        if source is ParameterSource.COMMANDLINE:
            sources.append(f"{flag} given")
        elif source is ParameterSource.ENVIRONMENT:
            sources.append(f"{flag} from {option.envvar}")
        elif source is ParameterSource.DEFAULT_MAP:
            sources.append(f"{flag} from {config_path(context)}")
    return sources

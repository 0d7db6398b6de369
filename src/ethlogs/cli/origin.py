"""Which of its three places a setting came from, for messages."""

from __future__ import annotations

import click
from click.core import ParameterSource

from ethlogs.cli.config_file import config_path


def origin(option: click.Parameter, context: click.Context) -> str | None:
    """The variable or the file's key that gave the option its value; ``None`` for a flag or a default."""
    source = context.get_parameter_source(option.name or "")
    if source is ParameterSource.ENVIRONMENT:
        return f"the environment variable {option.envvar}"
    if source is ParameterSource.DEFAULT_MAP:
        return f"the key {option.opts[-1].lstrip('-')} of {config_path(context)}"
    return None


def with_origin(flag: str) -> str:
    """The flag, and where its value came from when it was not given as one."""
    context = click.get_current_context(silent=True)
    options = context.command.params if context else []
    place = next((origin(option, context) for option in options if context and flag in option.opts), None)
    return f"{flag} (from {place})" if place else flag

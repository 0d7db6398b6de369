"""What the tests of the command line share: a command line that is called, and options to choose from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from ethlogs.cli.main import cli

HIDDEN = "hunter2"
NODE = ("--node-url", "http://geth:8545")
KAFKA = ("--bootstrap-server", "kafka:9092")
COMMANDS = {
    name: command
    for name in sorted(cli.list_commands(click.Context(cli)))
    if (command := cli.get_command(click.Context(cli), name)) is not None
}
# Not settings: what a person wants of one call.
OF_ONE_CALL = {"--dry-run", "--list", "--verbose", "--quiet", "--watch"}
PAIRS = [
    (command, option)
    for command in COMMANDS.values()
    for option in command.params
    if isinstance(option, click.Option) and option.opts[-1] not in OF_ONE_CALL
]
OPTIONS = [pytest.param(command, option, id=f"{command.name} {option.opts[-1]}") for command, option in PAIRS]
SETTINGS = [
    parameter for parameter, (_, option) in zip(OPTIONS, PAIRS, strict=True) if option.opts[-1] != "--config"
]


@dataclass(frozen=True)
class Outcome:
    """What a call left behind."""

    status: int
    stdout: str
    stderr: str


Call = Callable[..., Outcome]


def write_config(text: str) -> None:
    Path("ethlogs.toml").write_text(text)


def parsed(command: click.Command, arguments: list[str]) -> click.Context:
    """A command's context as the group makes it: a command remembers the help flags of its first context."""
    return command.make_context(command.name, arguments, parent=click.Context(cli, **cli.context_settings))

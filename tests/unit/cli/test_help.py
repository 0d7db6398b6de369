"""Help: every command and every option has it, with an example that works."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from ethlogs.settings.option import HEADINGS
from tests.unit.cli.calls import COMMANDS, OPTIONS, Call, parsed
from tests.unit.test_english import LEANING


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_of_itself(call: Call, command: str, flag: str) -> None:
    outcome = call(command, flag)
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout.startswith(f"Usage: ethlogs {command} ")
    assert f"Example: ethlogs {command} " in " ".join(outcome.stdout.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_every_command_is_one_that_it_takes(command: str) -> None:
    example = re.search(r"Example: ethlogs (.*)", " ".join((COMMANDS[command].help or "").split()))
    assert example is not None
    name, *arguments = shlex.split(example.group(1))
    assert name == command
    with parsed(COMMANDS[command], arguments):
        pass


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_option_has_help(command: click.Command, option: click.Option) -> None:
    assert option.help
    assert option.help.endswith((".", "]"))
    assert not LEANING.match(option.help), "a line of help stands alone"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_below_a_heading(call: Call, command: str) -> None:
    heading = None
    for line in call(command, "--help").stdout.splitlines():
        if found := re.match(r"(\w+):$", line):
            heading = found[1]
        elif re.match(r"  -[\w-]+[ ,]", line):
            assert heading in {*HEADINGS, "Other"}, line


def test_the_group_lists_every_command(call: Call) -> None:
    outcome = call("--help")
    assert outcome.status == 0
    assert re.findall(r"^  (\w+) ", outcome.stdout.split("Commands:")[1], re.MULTILINE) == [*COMMANDS]


@pytest.mark.parametrize(
    "arguments", [["prodcue"], ["produce", "--blokcs", "5"], ["logs"], ["logs", "1", "2"]]
)
def test_what_is_no_command_line_is_wrong_usage(call: Call, arguments: list[str]) -> None:
    outcome = call(*arguments)
    assert outcome.status == 2
    assert outcome.stderr.startswith("Usage: ethlogs")
    assert outcome.stdout == ""

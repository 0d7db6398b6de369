"""Writes what the declarations of commands and settings say: docs/cli.md, docs/settings.md, a sample file,
and what the types of the records say: docs/records.schema.json.

With --check, fails where a file is not what it would write.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from ethlogs.cli.main import cli
from ethlogs.settings.catalogue import settings_by_heading
from ethlogs.settings.kinds import Count, KeyValue, Seconds, StartHeight, Switch
from ethlogs.settings.option import Option
from scripts.record_schema import build_schema

ROOT = Path(__file__).parents[1]
WIDTH = 100
COMMANDS_HEAD = """# Commands

`make docs` writes this page from the commands' own help.

Data goes to stdout (`--json` where a person reads by default), progress and messages to stderr.

| command | job |
|---|---|
"""
SETTINGS_HEAD = """# Settings

`make docs` writes this page from the declarations in `src/ethlogs/settings/`.

Every setting is a flag, an environment variable, and a key of `ethlogs.toml`, in this order of
precedence. A key is its flag without the dashes in front, like `node-url = ["http://geth:8545"]`. It may
stand in a table with the heading's name, like `[node]`.

`ethlogs.toml` is `--config FILE`, else the file in the current folder, else in the user's configuration
folder (`~/.config/ethlogs`). [A sample with every key](../examples/ethlogs.toml) is there to copy. One
file serves every command: each reads the keys that it has as flags. A key or a variable `ETHLOGS_…` that
no command has is refused with status 3.

In a variable, several values of one setting are separated by spaces; `KEY=VALUE` pairs are quoted as a
shell quotes them.
"""
SAMPLE_HEAD = """# Settings of ethlogs: every key with its default, or with an example of its form.
# `make docs` writes this file. Take the # away in front of what you want to set.
"""


def build_commands() -> str:
    """The page of all commands."""
    with click.Context(cli, info_name="ethlogs") as context:
        commands = [(name, cli.get_command(context, name)) for name in cli.list_commands(context)]
    known = [(name, command) for name, command in commands if command is not None]
    rows = [
        f"| [`ethlogs {name}`](#ethlogs-{name}) | {command.get_short_help_str(limit=200)} |\n"
        for name, command in known
    ]
    sections = [build_section(name, command) for name, command in known]
    return COMMANDS_HEAD + "".join(rows) + "".join(sections)


def build_section(name: str, command: click.Command) -> str:
    """A command's heading and help; every command has an example."""
    settings = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    with click.Context(command, info_name=f"ethlogs {name}", **settings) as context:
        text = command.get_help(context)
    if "Example:" not in text:
        raise SystemExit(f"the help of ethlogs {name} has no example")
    return f"\n## ethlogs {name}\n\n```text\n{text}\n```\n"


def build_settings() -> str:
    """The page of all settings."""
    page = SETTINGS_HEAD
    for heading, declared in settings_by_heading().items():
        page += f"\n## {heading}\n\n| flag | variable | what it is | default |\n|---|---|---|---|\n"
        for option in (item.option for item in declared):
            text, default = split_help(option)
            page += f"| `{option.flag}` | `{option.variable}` | {text} | {default} |\n"
    return page


def split_help(option: Option) -> tuple[str, str]:
    """The help without its default, and the default."""
    text, _, default = option.help.removesuffix("]").partition(" [default: ")
    if isinstance(option.kind, Switch):
        default = "off"
    if option.shows_default:
        default = f"`{option.default:g}`" if isinstance(option.default, float) else f"`{option.default}`"
    metavar = option.kind.metavar.strip("[]").replace("|", "\\|")
    return (f"`{metavar}`: {text}" if metavar else text), default


def build_sample() -> str:
    """A commented ethlogs.toml."""
    sample = SAMPLE_HEAD
    for heading, declared in settings_by_heading().items():
        sample += f"\n[{heading.lower()}]\n"
        for option in (item.option for item in declared):
            sample += f"\n# {option.help}\n# {option.key} = {sample_value(option)}\n"
    return sample


def sample_value(option: Option) -> str:
    """The default as TOML has it, else an example of the form."""
    kind = option.kind
    if isinstance(kind, Switch):
        return "false"
    if option.shows_default:
        is_number = isinstance(option.default, int | float)
        return f"{option.default:g}" if is_number else f'"{option.default}"'
    if isinstance(kind, Count):
        return str(max(1, kind.min))
    if isinstance(kind, Seconds):
        return "60"
    text = '"latest"' if isinstance(kind, StartHeight) else f'"{kind.metavar}"'
    if isinstance(kind, KeyValue):
        return '{ "KEY" = "VALUE" }'
    return f"[{text}]" if option.repeatable else text


FILES: dict[Path, Callable[[], str]] = {
    ROOT / "docs" / "cli.md": build_commands,
    ROOT / "docs" / "settings.md": build_settings,
    ROOT / "docs" / "records.schema.json": build_schema,
    ROOT / "examples" / "ethlogs.toml": build_sample,
}


def main(arguments: list[str]) -> int:
    """Write or check."""
    stale = [path for path, build in FILES.items() if not path.is_file() or path.read_text() != build()]
    if "--check" not in arguments:
        for path in stale:
            path.write_text(FILES[path]())
        return 0
    for path in stale:
        sys.stderr.write(f"{path.relative_to(ROOT)} is not what the declarations say: run make docs\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

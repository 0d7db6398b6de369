"""Writes docs/cli.md from the commands; with --check, fails where the file is not what it would write."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ethlogs.cli.main import cli

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"
WIDTH = 100
HEAD = """# Commands

`make docs` writes this page from the commands' own help.
"""


def build_page() -> str:
    """The whole page."""
    with click.Context(cli, info_name="ethlogs") as context:
        commands = [(name, cli.get_command(context, name)) for name in cli.list_commands(context)]
    return HEAD + "".join(build_section(name, command) for name, command in commands if command is not None)


def build_section(name: str, command: click.Command) -> str:
    """A command's heading and help; every command has an example."""
    settings = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    with click.Context(command, info_name=f"ethlogs {name}", **settings) as context:
        text = command.get_help(context)
    if "Example:" not in text:
        raise SystemExit(f"the help of ethlogs {name} has no example")
    return f"\n## ethlogs {name}\n\n```text\n{text}\n```\n"


def main(arguments: list[str]) -> int:
    """Write or check."""
    page = build_page()
    if "--check" not in arguments:
        PAGE.write_text(page)
    elif not PAGE.is_file() or PAGE.read_text() != page:
        sys.stderr.write("docs/cli.md is not what the commands say: run make docs\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

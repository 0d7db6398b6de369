"""Messages on stderr."""

from __future__ import annotations

import click


def say(text: str, quiet: bool = False) -> None:
    """Print a message on stderr, unless the user wants quiet."""
    if not quiet:
        click.echo(text, err=True)

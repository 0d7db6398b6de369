"""What an option's text may be: click's types, with what they let pass and no run can work with left out."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from typing import Any

import click

_MAX_INTEGER = 2**63 - 1
"""The largest that settings, ledger and report can hold."""


class KeyValue(click.ParamType):  # type: ignore[type-arg]  # generic in its stubs only
    """``KEY=VALUE``; several in an environment variable are quoted as a shell quotes them."""

    name = "KEY=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Split at the first ``=``; the value is never repeated in a message, it may be a password."""
        if isinstance(value, tuple):
            return value
        key, separator, text = str(value).partition("=")
        if not separator or not key.strip():
            self.fail("expected KEY=VALUE", param, ctx)
        return key.strip(), text

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Words as a shell splits them; where they cannot be, one that is no KEY=VALUE."""
        try:
            return shlex.split(rv)
        except ValueError:
            return [""]


class StartHeight(click.ParamType):  # type: ignore[type-arg]
    """``latest``, ``earliest`` or a height."""

    name = "latest|earliest|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form."""
        text = str(value)
        if text not in ("latest", "earliest") and not is_height(text):
            self.fail(f"{text!r} is none of latest, earliest or a block number", param, ctx)
        return text


def is_height(text: str) -> bool:
    """Whether it is a block number that a ledger can hold."""
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _MAX_INTEGER


class Count(click.IntRange):
    """A whole number that settings, ledger and report can hold."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Check the bounds."""
        number = int(super().convert(value, param, ctx))
        if number > _MAX_INTEGER:
            self.fail(f"{value} is larger than any block number or count", param, ctx)
        return number


class Seconds(click.FloatRange):
    """A number of seconds, and no ``nan`` or ``inf``: a limit that never comes is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Check that it is a number."""
        seconds = float(super().convert(value, param, ctx))
        if not math.isfinite(seconds):
            self.fail(f"{value} is no number of seconds", param, ctx)
        return seconds

"""The line of a program's output that says why it ended: Java traces push it out of the last lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

_JAVA = re.compile(r'^(?:Exception in thread "[^"]*"|Caused by:|Error:)\s*')
_JAVA_CLASS = re.compile(r"^(?:[\w.$]+(?:Exception|Error):\s*)+")
_ONLY_JAVA_CLASS = re.compile(r"[\w.$]+(?:Exception|Error)")
_PYTHON = re.compile(r"^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception): \S")
_CHARACTERS = 400


def find_reason(output: str) -> str:
    """The sentence of the exception that ended spark-submit, without Java's class names; else empty."""
    lines = [_JAVA.sub("", line) for line in output.splitlines() if _JAVA.match(line)]
    # Whoever acts for another user gets the exception inside one without a sentence.
    thrown = next((line for line in lines if not _ONLY_JAVA_CLASS.fullmatch(line)), "".join(lines[:1]))
    return _JAVA_CLASS.sub("", thrown)[:_CHARACTERS]


def find_cause(output: str, shown: Sequence[str]) -> str | None:
    """The line that says why a driver ended, where it is not one of those that are shown anyway.

    A traceback of Python ends with it, and one of Java begins with it.
    """
    lines = [line.rstrip() for line in output.splitlines()]
    found = next((line for line in lines if _PYTHON.match(line) or _JAVA.match(line)), None)
    return None if found is None or found in (line.strip() for line in shown) else found[:_CHARACTERS]

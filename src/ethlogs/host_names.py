"""Names of hosts, before anybody is asked for their address."""

from __future__ import annotations

import re

_NO_NAME = re.compile(r"[\s/@]")
"""What no name has, though Python would look it up."""


def can_be_host(name: str) -> bool:
    """Return whether a name can be looked up: Python's own look-up fails at others with an error of text."""
    if _NO_NAME.search(name):
        return False
    try:
        # A dot may end a name that is complete.
        return bool(name.removesuffix(".").encode("idna"))
    except UnicodeError:
        return False

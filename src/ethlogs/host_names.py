"""Names of hosts, before anybody is asked for their address."""

from __future__ import annotations


def can_be_host(name: str) -> bool:
    """Return whether a name can be looked up: Python's own look-up fails at others with an error of text."""
    try:
        # A dot may end a name that is complete.
        return bool(name.removesuffix(".").encode("idna"))
    except UnicodeError:
        return False

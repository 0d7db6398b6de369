"""Numbers with the word for what they count, as a person writes them."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """Return a number of things, like ``1 block`` or ``1,200 blocks``; ``thing`` is the singular."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"

"""Foreign text as a part of a message: it must not move the cursor of a terminal, or fill a log."""

from __future__ import annotations

_SHOWN_CHARACTERS = 300


def to_one_line(text: str) -> str:
    """Return the beginning of a text, with a blank for each character that cannot be printed."""
    cut = text[:_SHOWN_CHARACTERS]
    return "".join(character if character.isprintable() else " " for character in cut).strip()

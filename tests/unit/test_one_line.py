"""Foreign words in a message."""

from __future__ import annotations

import pytest

from ethlogs.one_line import to_one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("as it is", "as it is"),
        ("two\r\nlines\n", "two  lines"),
        ("\x1b[2Jgone\x07", "[2Jgone"),
        ("\u202eback\u2066", "back"),
        ("\udcff\x00", ""),
        ("tëxt 漢", "tëxt 漢"),
        ("x" * 100_000, "x" * 300),
    ],
)
def test_foreign_words_are_one_short_line_without_signs_for_a_terminal(text: str, line: str) -> None:
    assert to_one_line(text) == line

"""The bench's output: Markdown tables on stdout, and in the places of a document that are marked for them."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path


def print_head(*cells: str) -> None:
    """Print the head of a table."""
    print()
    print_row(*cells)
    print_row(*(["---"] * len(cells)))


def print_row(*cells: str) -> None:
    """Print a row of a table."""
    print(f"| {' | '.join(cells)} |", flush=True)


class _Copy(io.StringIO):
    """Keeps what is printed, which appears at once all the same."""

    def __init__(self) -> None:
        super().__init__()
        self._other = sys.stdout

    def write(self, text: str) -> int:
        self._other.write(text)
        self._other.flush()
        return super().write(text)


@contextmanager
def copied_output() -> Iterator[io.StringIO]:
    """Give what is printed meanwhile."""
    copy = _Copy()
    with redirect_stdout(copy):
        yield copy


def replace_section(document: str, part: str, text: str) -> str:
    """Return the document with ``text`` between the two marks of this part.

    Raises
    ------
    ValueError
        When the document does not have these marks once.
    """
    begin, end = f"<!-- bench: {part} -->", f"<!-- /bench: {part} -->"
    marked = re.compile(f"({re.escape(begin)}\n).*?({re.escape(end)})", re.DOTALL)
    document, count = marked.subn(lambda match: f"{match[1]}{text.strip()}\n{match[2]}", document)
    if count != 1:
        raise ValueError(f"the document must have {begin} … {end} once, it has it {count} times")
    return document


def require_sections(path: Path, parts: Sequence[str]) -> None:
    """Check that a document has a place for each part, before anything is measured.

    Raises
    ------
    OSError
        When it cannot be read.
    ValueError
        When it does not have a part's marks once.
    """
    document = path.read_text()
    for part in parts:
        replace_section(document, part, "")


def write_section(path: Path, part: str, text: str) -> None:
    """Replace a part's text in a document."""
    path.write_text(replace_section(path.read_text(), part, text))

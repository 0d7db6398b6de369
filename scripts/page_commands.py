"""The commands of a page in docs/, read out of its sections: tests and demos run what the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def read_blocks(page: str, section: str) -> list[str]:
    """Return the indented blocks of a section, which is named by the beginning of its heading."""
    parts = re.split(r"^#{2,3} ", (DOCS / page).read_text(), flags=re.MULTILINE)
    (text,) = [part for part in parts if part.startswith(section)]
    blocks = re.findall(r"(?:^ {4}.*\n)+", text, re.MULTILINE)
    return [re.sub(r"^ {4}", "", block, flags=re.MULTILINE) for block in blocks]


def list_commands(page: str, section: str) -> Iterator[str]:
    """Yield the commands of ethlogs in a section, each as one line."""
    for block in read_blocks(page, section):
        yield from re.findall(r"^ethlogs .*$", block.replace("\\\n", " "), re.MULTILINE)

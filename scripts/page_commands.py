"""The commands of the documentation, read out of the pages: tests and demos run what the pages say.

A page is named by its path in the repository, a section by the beginning of its heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUTPUT = "output"
"""The language of a fenced block that names none: a picture, or what a program printed."""
_PARTS = re.compile(
    r"^#{1,3} (?P<heading>.*)$"
    r"|^```(?P<language>\w*)\n(?P<fenced>[\s\S]*?)^```$"
    r"|(?P<indented>^ {4}.*\n(?:\n* {4}.*\n)*)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A block of commands or of a file, indented or fenced, below its section's heading."""

    section: str
    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The commands, each as one line; beside a program's output, those typed at a prompt."""
        joined = re.sub(r"\\\n\s*", "", self.text)
        if self.language == "console":
            return re.findall(r"^\$ (.*)$", joined, re.MULTILINE)
        return [line for line in joined.splitlines() if line.strip()]


def list_blocks(page: str) -> Iterator[Block]:
    """Yield the blocks of a page in their order."""
    section = ""
    for part in _PARTS.finditer((ROOT / page).read_text()):
        if part["heading"] is not None:
            section = part["heading"]
        elif part["indented"] is not None:
            yield Block(section, "", re.sub(r"^ {4}", "", part["indented"], flags=re.MULTILINE))
        else:
            yield Block(section, part["language"] or OUTPUT, part["fenced"])


def find_blocks(page: str, section: str, word: str = "") -> list[Block]:
    """Return the blocks of a section that have a word; fail where there are none."""
    blocks = [one for one in list_blocks(page) if one.section.startswith(section) and word in one.text]
    if not blocks:
        raise ValueError(f"{page} has no block in the section {section!r} with {word!r}")
    return blocks


def read_file(page: str, section: str, word: str = "") -> str:
    """Return the one block with a word as it is: a file's content, or a program."""
    (block,) = find_blocks(page, section, word)
    return block.text


def read_script(page: str, section: str, word: str = "", *, without: Sequence[str] = ()) -> str:
    """Return the commands of the blocks with a word, one on a line; ``without`` has words of others."""
    lines = [line for block in find_blocks(page, section, word) for line in block.commands]
    return "".join(f"{line}\n" for line in lines if not any(one in line for one in without))


def list_commands(page: str, section: str) -> list[str]:
    """Return the commands of ethlogs in a section."""
    return re.findall(r"^ethlogs .*$", read_script(page, section), re.MULTILINE)

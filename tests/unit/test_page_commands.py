"""Every command of the pages is run by a test or a demo, or is listed here with the reason."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from scripts.page_commands import OUTPUT, ROOT, Block, find_blocks, list_blocks, read_file, read_script

PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md"))
    # written from the commands' own help
    if page.name != "cli.md"
)
RUNNERS = [
    *ROOT.glob("tests/integration/**/test_*.py"),
    *ROOT.glob("scripts/demo*.py"),
    ROOT / "tests/unit/cli/test_completion.py",
]
"""The programs that run commands; each names page and section in its calls of ``scripts.page_commands``."""
READERS = {"read_file", "read_script", "find_blocks", "list_commands"}
SAMPLES = ("{",)
"""The beginnings of blocks that are records or answers: tests/unit/test_docs.py compares them."""

BY_MAKE = "sets up or tests this whole repository; its target is looked at here"
NOT_RUN = {
    ("CONTRIBUTING.md", "make "): BY_MAKE,
    ("README.md", "make demo"): BY_MAKE,
    ("docs/faults.md", "make faults"): BY_MAKE,
    ("docs/first-hour.md", "make setup-demo"): BY_MAKE,
    ("docs/guarantees.md", "make "): BY_MAKE,
    ("docs/performance.md", "make bench"): BY_MAKE,
}
"""The commands that nothing runs, by page and beginning."""


class Command(NamedTuple):
    """A command of a page."""

    page: str
    section: str
    line: str


def is_sample(block: Block) -> bool:
    return block.language == OUTPUT or block.text.startswith(SAMPLES)


def list_all() -> Iterator[Command]:
    for page in PAGES:
        for block in list_blocks(page):
            if not is_sample(block):
                yield from (Command(page, block.section, line) for line in block.commands)


def list_calls(program: Path) -> Iterator[tuple[list[Any], list[str]]]:
    """Yield page, section and word of each call that reads commands, and the words of what it leaves out."""
    for node in ast.walk(ast.parse(program.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in READERS:
            without = [ast.literal_eval(one.value) for one in node.keywords if one.arg == "without"]
            yield [ast.literal_eval(one) for one in node.args], [word for words in without for word in words]


def list_run() -> Iterator[Command]:
    for program in RUNNERS:
        for place, without in list_calls(program):
            for block in find_blocks(*place):
                for line in block.commands:
                    if not any(word in line for word in without):
                        yield Command(place[0], block.section, line)


def is_listed(command: Command) -> bool:
    return any(command.page == page and command.line.startswith(begin) for page, begin in NOT_RUN)


def test_every_command_of_the_pages_is_run_or_is_listed_as_not_run() -> None:
    run = set(list_run())
    assert [one for one in list_all() if one not in run and not is_listed(one)] == []


def test_the_list_names_only_commands_that_are_there_and_that_nothing_runs() -> None:
    run = set(list_run())
    for page, begin in NOT_RUN:
        listed = [one for one in list_all() if one.page == page and one.line.startswith(begin)]
        assert listed, (page, begin)
        assert run.isdisjoint(listed)


MAKE = sorted({one.line for one in list_all() if one.line.startswith("make ")})


@pytest.mark.parametrize("line", MAKE)
def test_every_target_of_make_that_a_page_names_is_there(line: str) -> None:
    words = line.partition("#")[0].split("   ")[0].split()
    done = subprocess.run(
        ["make", "--dry-run", "SETUP=@:", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


PAGE = """# A page

Some text.

    first --option \\
        value
    second

    third

## A section

```console
$ typed
printed
```

```python
# no heading
```
"""


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("scripts.page_commands.ROOT", tmp_path)
    (tmp_path / "page.md").write_text(PAGE)
    return "page.md"


def test_a_page_is_read_block_by_block_below_its_headings(page: str) -> None:
    assert [(block.section, block.language, block.commands) for block in list_blocks(page)] == [
        ("A page", "", ["first --option value", "second", "third"]),
        ("A section", "console", ["typed"]),
        ("A section", "python", ["# no heading"]),
    ]


def test_commands_are_chosen_by_section_and_word_and_some_left_out(page: str) -> None:
    assert read_script(page, "A page", without=("second",)) == "first --option value\nthird\n"
    assert read_file(page, "A section", "heading") == "# no heading\n"
    with pytest.raises(ValueError, match=r"page\.md has no block in the section 'A page' with 'fourth'"):
        read_script(page, "A page", "fourth")

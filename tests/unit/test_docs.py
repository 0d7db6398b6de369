"""What the documentation lists is all that there is."""

from __future__ import annotations

import re
from pathlib import Path

from ethlogs.cli.lazy import COMMANDS
from ethlogs.errors import ExitStatus
from ethlogs.verify import Kind

ROOT = Path(__file__).parents[2]


def first_cells(page: str) -> list[str]:
    """What stands between backquotes at the beginning of each row of the page's tables."""
    return re.findall(r"^\| `([^`]+)`", (ROOT / page).read_text(), re.MULTILINE)


def test_every_difference_that_verify_can_find_is_described() -> None:
    listed = [name for name in first_cells("docs/verify.md") if not name.startswith("-")]
    assert listed == [kind.value for kind in Kind]


def test_the_readme_names_every_command() -> None:
    listed = {name.split()[1] for name in first_cells("README.md") if name.startswith("ethlogs ")}
    assert listed == set(COMMANDS)


def test_the_readme_names_every_exit_status() -> None:
    table = (ROOT / "README.md").read_text().split("### Exit status")[1].split("###")[0]
    cells = re.findall(r"\| ([\d, ]+) (?=\|)", table)
    assert {int(number) for cell in cells for number in cell.split(", ")} == set(ExitStatus)

"""Settings are declared once, and their names lead to them."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from ethlogs.settings.catalogue import GROUPS, settings_by_heading, settings_by_key
from ethlogs.settings.option import Option, declarations
from ethlogs.settings.toml_file import read_settings_file
from tests.unit.cli.calls import PAIRS

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "examples" / "ethlogs.toml"

# Words that a help line must not begin with, since it is then not understood alone.
DEPENDENT = ("Of ", "Else ", "Whose ", "Whom ", "The same", "Where ", "How ", "What ", "On ")


def test_a_flag_has_one_declaration() -> None:
    by_flag: dict[str, set[int]] = defaultdict(set)
    for group in GROUPS:
        for declared in declarations(group):
            by_flag[declared.option.flag].add(id(declared.option))
    assert [flag for flag, objects in by_flag.items() if len(objects) > 1] == []


def test_every_option_of_a_command_is_in_the_catalogue() -> None:
    flags = {option.opts[-1].removeprefix("--") for _, option in PAIRS} - {"config"}
    assert flags == settings_by_key().keys()


@pytest.mark.parametrize("option", [declared.option for declared in settings_by_key().values()])
def test_a_help_line_stands_alone(option: Option) -> None:
    assert not option.help.startswith(DEPENDENT)
    assert option.help[0].isupper()


def test_the_sample_file_has_every_key_below_its_heading() -> None:
    sample = tomllib.loads(re.sub(r"(?m)^# ([a-z0-9-]+ = )", r"\1", SAMPLE.read_text()))
    assert {heading: list(keys) for heading, keys in sample.items()} == {
        heading.lower(): [declared.option.key for declared in declared_below]
        for heading, declared_below in settings_by_heading().items()
    }


def test_the_sample_file_can_be_read_with_and_without_its_marks(tmp_path: Path) -> None:
    assert read_settings_file(SAMPLE) == {}
    path = tmp_path / "ethlogs.toml"
    path.write_text(re.sub(r"(?m)^# ([a-z0-9-]+ = )", r"\1", SAMPLE.read_text()))
    values = read_settings_file(path)
    assert values.keys() == settings_by_key().keys()
    assert values["kafka-config"] == ["KEY=VALUE"]
    assert values["confirmations"] == 0

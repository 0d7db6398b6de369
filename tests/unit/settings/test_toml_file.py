"""The values of ethlogs.toml: flat or below their headings, each of the type that its setting takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ethlogs.errors import SettingsError
from ethlogs.settings.toml_file import read_settings_file


def read(folder: Path, text: str) -> dict[str, Any]:
    path = folder / "ethlogs.toml"
    path.write_text(text)
    return read_settings_file(path)


def test_a_key_may_stand_alone_or_below_its_heading(tmp_path: Path) -> None:
    flat = read(tmp_path, 'topic = "logs"\nnode-url = ["http://a", "http://b"]\nblocks = 5\n')
    assert flat == {"topic": "logs", "node-url": ["http://a", "http://b"], "blocks": 5}
    assert read(tmp_path, '[stream]\ntopic = "logs"\n[range]\nblocks = 5\n') == {"topic": "logs", "blocks": 5}


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"{tmp_path} cannot be read: Is a directory") as caught:
        read_settings_file(tmp_path)
    assert caught.value.hint == "give a file that you can read"


def test_a_repeatable_setting_takes_one_text_too(tmp_path: Path) -> None:
    assert read(tmp_path, 'node-url = "http://a"\n') == {"node-url": ["http://a"]}


def test_kafkas_names_with_dots_may_be_a_table(tmp_path: Path) -> None:
    text = '[kafka-config]\nsecurity.protocol = "SSL"\nenable.idempotence = true\n'
    assert read(tmp_path, text) == {"kafka-config": ["security.protocol=SSL", "enable.idempotence=true"]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('topic = "a"\n[stream]\ntopic = "b"\n', "the key topic is in .* twice"),
        ('topics = "a"\n', "unknown key"),
        ("blocks = 1.5\n", "the key blocks of .* takes"),
        ('topic = ["a", "b"]\n', "takes one value, not several"),
        ("node-url = [1]\n", "takes text, in quotes"),
        ("topic = \n", "cannot be read"),
    ],
)
def test_what_no_setting_takes_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read(tmp_path, text)

"""Java's properties files."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.kafka.properties import parse_properties, read_properties


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=b", {"a": "b"}),
        ("a = b c ", {"a": "b c "}),
        ("a: b", {"a": "b"}),
        ("a b", {"a": "b"}),
        ("a", {"a": ""}),
        ("a=b=c", {"a": "b=c"}),
        ("# a=b\n! c=d\n\n  e=f", {"e": "f"}),
        ("a=b \\\n   c", {"a": "b c"}),
        ("a=b\\\\", {"a": "b\\"}),
        ("a\\:b=c\\u0041\\t", {"a:b": "cA\t"}),
        ("a=1\na=2", {"a": "2"}),
    ],
)
def test_javas_properties_format(text: str, found: dict[str, str]) -> None:
    assert parse_properties(text) == found


@pytest.mark.parametrize("between", ["\x0b", "\x85", "\u2028"])
def test_a_line_ends_only_where_java_ends_it(between: str) -> None:
    assert parse_properties(f"ssl.key.password=a{between}b\r\nc=d") == {
        "ssl.key.password": f"a{between}b",
        "c": "d",
    }


def test_a_byte_order_mark_does_not_hide_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "client.properties"
    path.write_bytes(b"\xef\xbb\xbfsecurity.protocol=SSL\r\nclient.id=a\r\n")
    assert read_properties(path) == {"security.protocol": "SSL", "client.id": "a"}


def test_a_file_in_utf_16_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "client.properties"
    path.write_text("security.protocol=SSL", encoding="utf-16")
    with pytest.raises(SettingsError, match="it is not UTF-8 text"):
        read_properties(path)


def test_two_spellings_of_a_key_with_different_values_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "client.properties"
    path.write_text("security.protocol=SSL\nsecurity_protocol=PLAINTEXT\n")
    with pytest.raises(SettingsError, match=r"security\.protocol is given twice, with different values"):
        read_properties(path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=\\ud83d\\ude00", {"a": "😀"}),
        ("a=\\u00e9\\\\u00e9", {"a": "é\\u00e9"}),
        ("a\\ b = c", {"a b": "c"}),
        ("a\\=b:c=d", {"a=b": "c=d"}),
        ("=b", {"": "b"}),
        ("a=\\\n\n#b=c", {"a": ""}),
        ("a=b\\\r\n  c\\\r\n\td\r\n", {"a": "bcd"}),
        ("a=b\\", {"a": "b"}),
        ("a=b\\\\\nc=d", {"a": "b\\", "c": "d"}),
        ("# a \\\nb=c", {"b": "c"}),
        ("a\t=\tb", {"a": "b"}),
        ("a==b", {"a": "=b"}),
        ("a:=b", {"a": "=b"}),
        ("a=\\#\\!\\:\\q", {"a": "#!:q"}),
    ],
)
def test_javas_properties_format_in_its_odd_corners(text: str, found: dict[str, str]) -> None:
    assert parse_properties(text) == found


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (r"hunter2\u12", "without four hex digits"),
        (r"hunter2\uzzzz", "without four hex digits"),
        (r"hunter2\u", "without four hex digits"),
        (r"hunter2\ud83d", "half of a character"),
        (r"\ude00\ud83dhunter2", "half of a character"),
    ],
)
def test_an_escape_that_java_refuses_is_refused_without_the_value(
    tmp_path: Path, value: str, told: str
) -> None:
    path = tmp_path / "client.properties"
    path.write_text(f"ssl.key.password={value}\n")
    with pytest.raises(SettingsError, match=rf"ssl\.key\.password has .*{told}|{told}") as caught:
        read_properties(path)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"

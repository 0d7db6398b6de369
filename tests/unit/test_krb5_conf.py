"""The krb5.conf that each library reads, and what it includes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.krb5_conf import find_javas_file, list_files, list_includes


@pytest.mark.parametrize(
    ("variable", "files"),
    [
        ("", ["/etc/krb5.conf"]),
        ("/a", ["/a"]),
        ("/a:/b", ["/a", "/b"]),
        (":/b", ["/b"]),
    ],
)
def test_krb5_config_may_name_several_files(variable: str, files: list[str]) -> None:
    assert list_files({"KRB5_CONFIG": variable}) == files


def test_java_gets_the_first_file_that_is_there(tmp_path: Path) -> None:
    """It takes a list of them for one name, finds no such file, and knows no realm."""
    first, second, away = tmp_path / "first", tmp_path / "second", tmp_path / "away"
    first.touch()
    second.touch()
    assert find_javas_file({"KRB5_CONFIG": f"{first}:{second}"}) == str(first)
    assert find_javas_file({"KRB5_CONFIG": f"{away}:{second}"}) == str(second)
    assert find_javas_file({"KRB5_CONFIG": str(away)}) == str(away)


@pytest.mark.parametrize("environment", [{}, {"KRB5_CONFIG": ""}, {"KRB5_CONFIG": ":"}])
def test_java_has_its_own_default_where_the_variable_names_nothing(environment: dict[str, str]) -> None:
    assert find_javas_file(environment) is None


def test_what_a_file_includes_is_found_and_comments_are_not(tmp_path: Path) -> None:
    conf = tmp_path / "krb5.conf"
    conf.write_text(
        "includedir /etc/krb5.conf.d/\n# include /not\n[libdefaults]\n  include = x\ninclude /a b \n"
    )
    assert list_includes(conf) == ["/etc/krb5.conf.d/", "/a b"]
    assert list_includes(tmp_path / "away") == []

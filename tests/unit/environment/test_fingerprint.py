"""The content of an environment, and the fingerprint that names its archive."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ethlogs.environment.fingerprint import fingerprint_of, python_version, read_content
from ethlogs.errors import PackError


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """An environment with Python 3.11.7, click by pip, and what is never packed."""
    (tmp_path / "conda-meta").mkdir()
    for name, version in (("python", "3.11.7"), ("pyspark", "4.0.0")):
        record = {"name": name, "version": version, "url": "https://user:secret@channel/python.conda"}
        (tmp_path / "conda-meta" / f"{name}.json").write_text(json.dumps(record))
    add(tmp_path, "click", "8.1", "click/__init__.py,sha256=a,1\n")
    add(tmp_path, "ethlogs", "0.1", "")
    return tmp_path


def add(prefix: Path, name: str, version: str, record: str) -> None:
    folder = prefix / "lib" / "python3.11" / "site-packages" / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    (folder / "RECORD").write_text(record)


def test_the_content_is_all_that_is_packed_without_a_channels_password(prefix: Path) -> None:
    content = read_content(prefix)
    assert [record["name"] for record in content["conda"]] == ["python"]
    assert [found["name"] for found in content["python"]] == ["click"]
    assert "secret" not in json.dumps(content)
    assert python_version(content) == "3.11.7"


def test_the_fingerprint_follows_what_a_distribution_has_installed(prefix: Path) -> None:
    before = fingerprint_of(read_content(prefix))
    assert fingerprint_of(read_content(prefix)) == before
    # Scripts hold the environment's own path, so they do not count.
    add(prefix, "click", "8.1", "../../../bin/click,sha256=b,2\nclick/__init__.py,sha256=a,1\n")
    assert fingerprint_of(read_content(prefix)) == before
    add(prefix, "click", "8.1", "click/__init__.py,sha256=changed,1\n")
    assert fingerprint_of(read_content(prefix)) != before


def test_the_rest_of_an_uninstalled_distribution_does_not_count(prefix: Path) -> None:
    before = read_content(prefix)
    (prefix / "lib" / "python3.11" / "site-packages" / "gone-1.0.dist-info").mkdir()
    assert read_content(prefix) == before


def test_a_folder_that_is_not_a_conda_environment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="it has no conda-meta") as caught:
        read_content(tmp_path)
    assert "--env-file" in (caught.value.hint or "")

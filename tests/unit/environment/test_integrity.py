"""Environments that conda-pack would pack though they are not what their records say."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ethlogs.environment.integrity import check_integrity
from ethlogs.errors import PackError

SITE = "lib/python3.11/site-packages"


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """An environment in which conda installed click and pip installed web3."""
    record = f"{SITE}/click-8.1.0.dist-info/RECORD"
    install(tmp_path, "click-8.1.0", "click/__init__.py,,\n")
    install(tmp_path, "web3-7.1", "web3/__init__.py,,\n")
    (tmp_path / "conda-meta").mkdir()
    digest = hashlib.sha256((tmp_path / record).read_bytes()).hexdigest()
    paths = {"paths": [{"_path": record, "sha256": digest}]}
    note(tmp_path, {"name": "click", "files": [record], "paths_data": paths})
    return tmp_path


def note(prefix: Path, record: dict[str, object]) -> None:
    (prefix / "conda-meta" / "click.json").write_text(json.dumps(record))


def install(prefix: Path, name: str, record: str) -> Path:
    folder = prefix / SITE / f"{name}.dist-info"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "RECORD").write_text(record)
    return folder


def test_an_environment_of_conda_and_pip_is_whole(prefix: Path) -> None:
    check_integrity(prefix)


def test_a_package_that_pip_put_over_condas_is_refused(prefix: Path) -> None:
    install(prefix, "Click-8.2.0", "click/__init__.py,,\n")
    with pytest.raises(PackError, match="conda's package of click was overwritten by pip"):
        check_integrity(prefix)


def test_the_same_version_that_pip_installed_again_is_refused(prefix: Path) -> None:
    install(prefix, "click-8.1.0", "click/__init__.py,,\nclick-8.1.0.dist-info/REQUESTED,,\n")
    with pytest.raises(PackError, match="conda's package of click was overwritten by pip"):
        check_integrity(prefix)


def test_records_without_digests_are_believed(prefix: Path) -> None:
    note(prefix, {"name": "click", "files": [f"{SITE}/click-8.1.0.dist-info/RECORD"]})
    check_integrity(prefix)


@pytest.mark.parametrize("url", [{"dir_info": {"editable": True}}, {"dir_info": {}}, {"vcs_info": {}}])
def test_an_editable_install_is_refused(prefix: Path, url: dict[str, dict[str, bool]]) -> None:
    folder = install(prefix, "tiny-1.0", "")
    (folder / "direct_url.json").write_text(json.dumps({"url": "file:///somewhere", **url}))
    if not url.get("dir_info"):
        return check_integrity(prefix)
    with pytest.raises(PackError, match="tiny is an editable install"):
        check_integrity(prefix)
    return None

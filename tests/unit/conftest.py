"""Every unit test runs with its own environment, and nothing of the user's settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOREIGN = ("JAVA_HOME", "SPARK_HOME", "SPARK_CONF_DIR", "HADOOP_CONF_DIR", "YARN_CONF_DIR")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder in which no test writes."""
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o500)
    return home


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, empty_home: Path) -> None:
    """No ETHLOGS_ variable, no Spark, no Java and no ethlogs.toml of the person who runs the tests."""
    for name in [*os.environ]:
        if name.startswith("ETHLOGS_") or name in (*FOREIGN, *PROXIES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(empty_home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(empty_home / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(empty_home / "state"))
    monkeypatch.chdir(empty_home)

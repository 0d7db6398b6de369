"""Every unit test runs with an environment of its own, and nothing of the user's settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOREIGN = ("JAVA_HOME", "SPARK_HOME", "SPARK_CONF_DIR", "HADOOP_CONF_DIR", "YARN_CONF_DIR")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No ETHLOGS_ variable, no Spark, no Java and no ethlogs.toml of the person who runs the tests."""
    for name in [*os.environ]:
        if name.startswith("ETHLOGS_") or name in (*FOREIGN, *PROXIES):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.chdir(home)

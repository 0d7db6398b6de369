"""Jars are taken only with the content that the committed list says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ethlogs_devnet.errors import DevnetError, MissingToolError
from ethlogs_devnet.hadoop.jars import HADOOP_JARS
from ethlogs_devnet.hadoop.spark_tables import TABLE_JARS
from ethlogs_devnet.java import find_java, find_javac, java_home
from ethlogs_devnet.kafka.jars import KAFKA_JARS
from ethlogs_devnet.kafka.tools import KAFKA_TOOLS_JAR
from ethlogs_devnet.livy.jars import LIVY_JARS
from ethlogs_devnet.maven import JarSet, Module

CONTENT = {"b-1.jar": b"second", "a-2.jar": b"first"}


@pytest.fixture
def jars(tmp_path: Path) -> JarSet:
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in CONTENT.items()]
    hashes = tmp_path / "some.sha256"
    hashes.write_text("".join(lines))
    return JarSet("Thing", "1.2", [Module("org.example", "a", "2")], hashes, "a second")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "jars"
    folder.mkdir()
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)
    return folder


def test_jars_with_the_listed_content_are_taken(jars: JarSet, folder: Path) -> None:
    jars.check(folder)
    assert list(jars.expected_hashes()) == list(CONTENT)


@pytest.mark.parametrize("name", ["a-2.jar", "c-3.jar"])
def test_a_changed_or_an_unknown_jar_is_refused(jars: JarSet, folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"something else")
    with pytest.raises(DevnetError, match=rf"some\.sha256 says: {name}$"):
        jars.check(folder)


def test_a_missing_jar_is_refused(jars: JarSet, folder: Path) -> None:
    (folder / "b-1.jar").unlink()
    with pytest.raises(DevnetError, match=r"b-1\.jar$"):
        jars.check(folder)


@pytest.mark.parametrize(
    "jars", [KAFKA_JARS, KAFKA_TOOLS_JAR, HADOOP_JARS, LIVY_JARS, TABLE_JARS], ids=lambda jars: jars.name
)
def test_the_committed_lists_name_the_jars_of_their_modules(
    jars: JarSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETHLOGS_DEVNET_CACHE", str(tmp_path))
    hashes = jars.expected_hashes()

    assert {f"{module.artifact}-{module.version}.jar" for module in jars.modules} <= hashes.keys()
    assert {len(digest) for digest in hashes.values()} == {64}
    assert list(hashes) == sorted(hashes)
    assert jars.home == tmp_path / f"{jars.name.lower()}-{jars.version}"


def write_program(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o700)


def test_java_is_that_of_java_home_else_that_of_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(tmp_path / "path" / "java")
    write_program(tmp_path / "home" / "bin" / "java")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert find_java() == str(tmp_path / "path" / "java")

    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert find_java() == str(tmp_path / "home" / "bin" / "java")
    assert java_home(find_java()) == tmp_path / "home"


def test_a_machine_without_java_or_its_compiler_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError) as no_java:
        find_java()
    with pytest.raises(MissingToolError) as no_compiler:
        find_javac()

    assert no_java.value.hint == "apt-get install openjdk-17-jre-headless"
    assert no_compiler.value.hint == "apt-get install openjdk-17-jdk-headless"

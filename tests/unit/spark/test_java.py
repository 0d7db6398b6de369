"""Java is found and checked before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.spark.java import Java, check_java, find_java, parse_version
from tests.unit.fake_programs import JAVA_17, write_java, write_program

# Each as the program itself says it.
SAID = [
    ('java version "1.7.0_80"\nJava(TM) SE Runtime Environment (build 1.7.0_80-b15)', 7),
    ('java version "1.8.0_202"\nJava(TM) SE Runtime Environment (build 1.8.0_202-b08)', 8),
    ('openjdk version "1.8.0_392"\nOpenJDK Runtime Environment (build 1.8.0_392-8u392-ga-1)', 8),
    ('openjdk version "9-internal"', 9),
    ('openjdk version "11.0.20" 2023-07-18\nOpenJDK Runtime Environment (build 11.0.20+8)', 11),
    ('openjdk version "11.0.20.1" 2023-08-24 LTS', 11),
    ('java version "17.0.8" 2023-07-18 LTS', 17),
    (JAVA_17, 17),
    ('openjdk version "21" 2023-09-19', 21),
    ('openjdk version "22-ea" 2024-03-19', 22),
    ('openjdk version "25.0.1" 2025-10-21', 25),
    (f"Picked up JAVA_TOOL_OPTIONS: -Xmx512m -Dfile.encoding=UTF-8\n{JAVA_17}", 17),
    (f"Picked up _JAVA_OPTIONS: -Dapp.version=3\nOpenJDK 64-Bit Server VM warning: x\n{JAVA_17}", 17),
    ('java version "1.8.0_351"\nIBM J9 VM (build 2.9, JRE 1.8.0 Linux amd64-64-Bit)', 8),
]


@pytest.mark.parametrize(("text", "version"), SAID)
def test_the_version_is_read_from_what_java_says(text: str, version: int) -> None:
    assert parse_version(text, "/usr/bin/java") == version


@pytest.mark.parametrize("text", ["", "Segmentation fault", "Error: could not find libjava.so"])
def test_a_java_that_does_not_say_its_version_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="/usr/bin/java -version does not say its version"):
        parse_version(text, "/usr/bin/java")


@pytest.mark.parametrize(
    ("java", "spark"),
    [(8, "3.5.1"), (11, "3.3.2.3.3.7190.0-91"), (17, "3.5.1"), (17, "4.0.0"), (25, "4.1.0"), (17, "5.0.0")],
)
def test_a_java_that_spark_supports_is_taken(java: int, spark: str) -> None:
    check_java(Java("/java", java), spark)


@pytest.mark.parametrize(("java", "spark", "needed"), [(7, "3.5.1", 8), (8, "4.0.0", 17), (11, "4.1.0", 17)])
def test_a_java_that_is_too_old_is_refused_with_what_to_install(java: int, spark: str, needed: int) -> None:
    with pytest.raises(SettingsError) as caught:
        check_java(Java("/java", java), spark)
    assert str(caught.value) == f"/java is Java {java}, and Spark {spark} needs {needed} or later"
    assert "openjdk-17" in (caught.value.hint or "")


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    write_java(tmp_path / "home" / "bin" / "java", 'openjdk version "21"')
    write_java(tmp_path / "path" / "java", 'openjdk version "11.0.20"')
    environment = {"JAVA_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path")}
    assert find_java(environment) == Java(str(tmp_path / "home" / "bin" / "java"), 21)


def test_without_java_home_the_java_on_the_path_is_used(tmp_path: Path) -> None:
    path = write_java(tmp_path / "java")
    assert find_java({"PATH": str(tmp_path)}) == Java(path, 17)
    assert find_java({"PATH": str(tmp_path), "JAVA_HOME": ""}) == Java(path, 17)


def test_without_any_java_the_message_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Java is not installed, and spark-submit needs it") as caught:
        find_java({"PATH": str(tmp_path)})
    assert "openjdk-17" in (caught.value.hint or "")


def test_a_wrong_java_home_is_named(tmp_path: Path) -> None:
    write_java(tmp_path / "java")
    with pytest.raises(SettingsError, match=r"Java cannot be run \(JAVA_HOME=/nowhere\)"):
        find_java({"JAVA_HOME": "/nowhere", "PATH": str(tmp_path)})


def test_a_java_that_fails_is_refused_with_what_it_said(tmp_path: Path) -> None:
    write_program(tmp_path / "java", "echo 'cannot allocate memory' >&2; exit 1")
    with pytest.raises(SettingsError, match="cannot allocate memory"):
        find_java({"PATH": str(tmp_path)})


def write_hadoop(folder: Path, version: str) -> Path:
    (folder / "jars").mkdir(parents=True)
    (folder / "jars" / f"hadoop-client-api-{version}.jar").touch()
    return folder


@pytest.mark.parametrize(
    ("java", "hadoop"), [(24, "3.4.1"), (25, "3.3.4"), (26, "3.4.2-amzn-0"), (24, "3.3.6.3.1.0.0-78")]
)
def test_a_java_that_is_too_new_for_an_older_hadoop(tmp_path: Path, java: int, hadoop: str) -> None:
    with pytest.raises(SettingsError, match=rf"is Java {java}, and Hadoop 3\.\d\.\d of .* needs 23"):
        check_java(Java("/java", java), "4.0.0", write_hadoop(tmp_path, hadoop))


@pytest.mark.parametrize(("java", "hadoop"), [(23, "3.4.1"), (17, "3.3.4"), (25, "3.5.0"), (25, "3.10.0")])
def test_a_java_that_goes_with_its_hadoop(tmp_path: Path, java: int, hadoop: str) -> None:
    check_java(Java("/java", java), "4.0.0", write_hadoop(tmp_path, hadoop))


def test_a_spark_without_a_hadoop_of_its_own_says_nothing_of_it(tmp_path: Path) -> None:
    check_java(Java("/java", 25), "4.0.0", tmp_path)


def test_a_limit_of_open_files_below_the_number_of_sparks_jars_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The JVM holds each jar open; without this it ends with an error about its own security file."""
    home = write_hadoop(tmp_path, "3.5.0")
    monkeypatch.setattr("resource.getrlimit", lambda _which: (64, 129))
    check_java(Java("/java", 17), "4.0.0", home)
    monkeypatch.setattr("resource.getrlimit", lambda _which: (64, 128))
    with pytest.raises(SettingsError, match="may open 128 files here, and Spark's JVM needs 129") as raised:
        check_java(Java("/java", 17), "4.0.0", home)
    assert "LimitNOFILE" in str(raised.value.hint)

"""spark-submit: found, and its whole command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path

import pytest

from ethlogs.errors import SettingsError, SubmissionError
from ethlogs.settings.submission import SparkSettings
from ethlogs.spark import submit
from ethlogs.spark.submit import (
    Master,
    SparkSubmit,
    build_argv,
    build_cluster_environment,
    build_environment,
    choose_master,
    describe_ignored_python,
    driver_script,
    find_spark_submit,
    python_conf,
    read_properties,
)
from tests.unit.fake_programs import write_program, write_spark

SPARK = SparkSubmit("/opt/spark/bin/spark-submit", "4.0.0")
FOLDER = Path("/runs/20260101-000000-abcdef")
DRIVER = str(driver_script())
PYTHONS = [
    *("--conf", f"spark.pyspark.driver.python={sys.executable}"),
    *("--conf", f"spark.pyspark.python={sys.executable}"),
]
QUIET = ["--conf", "spark.ui.enabled=false", "--conf", "spark.ui.showConsoleProgress=false"]


@pytest.fixture
def spark(tmp_path: Path) -> SparkSubmit:
    return SparkSubmit(write_spark(tmp_path / "spark"), "4.0.0")


@pytest.fixture
def no_hadoop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine whose folder of Hadoop's configuration is where the test says."""
    etc = tmp_path / "etc-hadoop-conf"
    monkeypatch.setattr(
        submit, "Path", lambda *parts: etc if parts == ("/etc/hadoop/conf",) else Path(*parts)
    )
    return etc


def test_the_shortest_command_line() -> None:
    assert build_argv(SPARK, SparkSettings(), "local[*]", "ethlogs produce logs", FOLDER, {}) == [
        "/opt/spark/bin/spark-submit",
        *("--master", "local[*]"),
        *("--name", "ethlogs produce logs"),
        *PYTHONS,
        *QUIET,
        DRIVER,
        str(FOLDER),
    ]


def test_executors_on_this_machine_have_all_of_the_memory_and_one_compiler_unless_configured() -> None:
    def executors(**configured: str) -> list[str]:
        names = {key.replace("_", "."): value for key, value in configured.items()}
        argv = build_argv(SPARK, SparkSettings(), "local-cluster[2,1,512]", "n", FOLDER, names)
        return [word for word in argv if word.startswith("spark.executor.")]

    memory = "spark.executor.memory=512m"
    assert executors() == ["spark.executor.defaultJavaOptions=-XX:TieredStopAtLevel=1", memory]
    assert executors(spark_executor_defaultJavaOptions="-Da=b") == [memory]


def test_a_task_that_is_lost_with_an_executor_of_this_machine_comes_back_at_once() -> None:
    argv = build_argv(SPARK, SparkSettings(), "local-cluster[2,1,512]", "n", FOLDER, {})
    assert "spark.task.maxFailures=1" in argv


def test_the_longest_command_line() -> None:
    settings = SparkSettings(
        spark_submit="/elsewhere/spark-submit",
        master="yarn",
        driver_memory="2g",
        conf=(("spark.z", "a=b c"), ("spark.ui.enabled", "true"), ("spark.a", ""), ("spark.z", "last")),
        properties_file="my.conf",
        name="mine",
    )
    assert build_argv(SPARK, settings, "local[2]", "ethlogs produce logs", FOLDER, {}) == [
        "/opt/spark/bin/spark-submit",
        *("--master", "local[2]"),
        *("--name", "mine"),
        *("--driver-memory", "2g"),
        *("--properties-file", "my.conf"),
        *("--conf", "spark.a="),
        *PYTHONS,
        *("--conf", "spark.ui.enabled=true"),
        *("--conf", "spark.ui.showConsoleProgress=false"),
        *("--conf", "spark.z=last"),
        DRIVER,
        str(FOLDER),
    ]


def test_no_configuration_of_sparks_chooses_the_drivers_python_but_the_user_may() -> None:
    own = sys.executable
    assert python_conf(own, {}) == {"spark.pyspark.driver.python": own, "spark.pyspark.python": own}
    for key in ("spark.pyspark.python", "spark.yarn.appMasterEnv.PYSPARK_PYTHON"):
        assert set(python_conf(own, {key: "/opt/python"}).values()) == {"/opt/python"}
    assert python_conf(own, {"spark.pyspark.driver.python": "/opt/python"}) == {
        "spark.pyspark.driver.python": "/opt/python",
        "spark.pyspark.python": own,
    }


@pytest.mark.parametrize(
    "key", ["spark.pyspark.python", "spark.pyspark.driver.python", "spark.yarn.appMasterEnv.PYSPARK_PYTHON"]
)
def test_a_python_of_sparks_configuration_is_said_to_be_ignored(key: str) -> None:
    text = describe_ignored_python({key: "/opt/anaconda/bin/python"}, SparkSettings())
    assert text is not None
    assert text.startswith(f"{key}=/opt/anaconda/bin/python of Spark's configuration is ignored")
    assert describe_ignored_python({key: "x"}, SparkSettings(conf=(("spark.pyspark.python", "y"),))) is None
    assert describe_ignored_python({"spark.executor.memory": "1g"}, SparkSettings()) is None


def test_the_driver_is_alone_in_its_folder() -> None:
    files = [path.name for path in driver_script().parent.iterdir() if path.name != "__pycache__"]
    assert files == ["ethlogs_driver.py"]


def test_the_one_asked_for_comes_first(tmp_path: Path) -> None:
    wanted = write_spark(tmp_path / "wanted", "3.5.1")
    home = Path(write_spark(tmp_path / "home", "3.4.0")).parent.parent
    assert find_spark_submit(wanted, {"SPARK_HOME": str(home)}) == SparkSubmit(wanted, "3.5.1")


def test_spark_home_comes_before_the_path(tmp_path: Path) -> None:
    in_home = write_spark(tmp_path / "home", "3.5.1")
    on_path = Path(write_spark(tmp_path / "other", "3.4.0")).parent
    environment = {"SPARK_HOME": str(tmp_path / "home"), "PATH": str(on_path)}
    assert find_spark_submit(None, environment) == SparkSubmit(in_home, "3.5.1")


def test_the_path_comes_before_pyspark(tmp_path: Path) -> None:
    on_path = write_spark(tmp_path / "other", "3.4.0")
    assert find_spark_submit(None, {"PATH": str(Path(on_path).parent)}) == SparkSubmit(on_path, "3.4.0")


def test_pysparks_own_comes_last(tmp_path: Path) -> None:
    expected = Path(str(distribution("pyspark").locate_file("pyspark"))) / "bin" / "spark-submit"
    found = find_spark_submit(None, {"PATH": str(tmp_path)})
    assert found == SparkSubmit(str(expected), distribution("pyspark").version)


def test_without_any_the_message_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(submit, "find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match="spark-submit is not installed") as caught:
        find_spark_submit(None, {"PATH": str(tmp_path)})
    assert "SPARK_HOME" in (caught.value.hint or "")


@pytest.mark.parametrize("variable", ["--spark-submit", "SPARK_HOME"])
def test_a_wrong_path_is_refused_and_nothing_else_is_tried(tmp_path: Path, variable: str) -> None:
    on_path = Path(write_spark(tmp_path / "other")).parent
    environment = {"PATH": str(on_path)} | ({"SPARK_HOME": "/nowhere"} if variable == "SPARK_HOME" else {})
    wanted = "/nowhere/bin/spark-submit" if variable == "--spark-submit" else None
    with pytest.raises(SettingsError, match="/nowhere/bin/spark-submit cannot be run"):
        find_spark_submit(wanted, environment)


@pytest.mark.parametrize("version", ["3.5.1", "4.0.0-preview2", "3.3.2.3.3.7190.0-91", "3.5.0-SNAPSHOT"])
def test_the_version_is_that_of_the_jars_without_starting_anything(tmp_path: Path, version: str) -> None:
    path = write_spark(tmp_path, version)
    assert find_spark_submit(path, {}).version == version


def test_without_jars_spark_submit_is_asked(tmp_path: Path) -> None:
    path = write_program(tmp_path / "bin" / "spark-submit", "echo 'Welcome to  version 3.5.1' >&2")
    assert find_spark_submit(path, {}).version == "3.5.1"


def test_a_spark_submit_that_does_not_say_its_version_is_refused(tmp_path: Path) -> None:
    path = write_program(tmp_path / "bin" / "spark-submit", "echo 'JAVA_HOME is not set' >&2; exit 1")
    with pytest.raises(SubmissionError, match="does not say the version of Spark"):
        find_spark_submit(path, {})


def write_defaults(folder: Path, master: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "spark-defaults.conf"
    path.write_text(f"spark.master {master}\n")
    return path


def test_the_master_that_is_asked_for_comes_first(spark: SparkSubmit, tmp_path: Path) -> None:
    write_defaults(tmp_path / "conf", "yarn")
    environment = {"SPARK_CONF_DIR": str(tmp_path / "conf"), "HADOOP_CONF_DIR": "/etc/hadoop/conf"}
    found = choose_master(SparkSettings(master="local[2]"), spark, environment)
    assert found == Master("local[2]", "set by --master, ETHLOGS_MASTER or ethlogs.toml")


def test_then_comes_the_properties_file_that_is_given(spark: SparkSubmit, tmp_path: Path) -> None:
    write_defaults(tmp_path / "conf", "yarn")
    path = write_defaults(tmp_path / "mine", "local[3]")
    settings = SparkSettings(properties_file=str(path))
    environment = {"SPARK_CONF_DIR": str(tmp_path / "conf"), "HADOOP_CONF_DIR": "/etc/hadoop/conf"}
    assert choose_master(settings, spark, environment) == Master("local[3]", f"from {path}")


def test_then_spark_defaults_of_the_configuration_folder(spark: SparkSubmit, tmp_path: Path) -> None:
    write_defaults(Path(spark.path).parent.parent / "conf", "local[9]")
    path = write_defaults(tmp_path / "conf", "local[4]")
    environment = {"SPARK_CONF_DIR": str(tmp_path / "conf"), "HADOOP_CONF_DIR": "/etc/hadoop/conf"}
    assert choose_master(SparkSettings(), spark, environment) == Master("local[4]", f"from {path}")


def test_or_of_sparks_own_folder(spark: SparkSubmit) -> None:
    path = write_defaults(Path(spark.path).parent.parent / "conf", "local[5]")
    assert choose_master(SparkSettings(), spark, {}) == Master("local[5]", f"from {path}")


@pytest.mark.parametrize("variable", ["HADOOP_CONF_DIR", "YARN_CONF_DIR"])
def test_then_yarn_where_hadoop_is_configured(spark: SparkSubmit, variable: str) -> None:
    found = choose_master(SparkSettings(), spark, {variable: "/etc/hadoop/conf"})
    assert found == Master("yarn", f"{variable} is set")


def test_a_machine_of_a_cluster_that_is_not_configured_is_asked_about(
    spark: SparkSubmit, no_hadoop: Path
) -> None:
    no_hadoop.mkdir()
    with pytest.raises(SettingsError, match="this machine has /etc/hadoop/conf") as caught:
        choose_master(SparkSettings(), spark, {"HADOOP_CONF_DIR": ""})
    assert "--master local[*]" in (caught.value.hint or "")


@pytest.mark.usefixtures("no_hadoop")
def test_else_it_is_this_machine(spark: SparkSubmit) -> None:
    assert choose_master(SparkSettings(), spark, {}) == Master(
        "local[*]", "no Hadoop configuration was found"
    )


def test_a_properties_file_that_does_not_exist_is_refused(spark: SparkSubmit) -> None:
    settings = replace(SparkSettings(), properties_file="/nowhere.conf")
    with pytest.raises(SettingsError, match=r"--properties-file /nowhere\.conf does not exist"):
        choose_master(settings, spark, {})


def test_every_form_of_a_property_is_read(tmp_path: Path) -> None:
    path = tmp_path / "spark.conf"
    path.write_text(
        "# a comment\n"
        "! another\n"
        "\n"
        "spark.master yarn\n"
        "spark.space      many   words \n"
        "spark.equals=value\n"
        "spark.spaced.equals = a=b\n"
        "spark.colon: value\n"
        "  spark.tab\tvalue\n"
        "spark.empty\n"
        "spark.twice first\n"
        "spark.twice second\n"
    )
    assert read_properties(path) == {
        "spark.master": "yarn",
        "spark.space": "many   words",
        "spark.equals": "value",
        "spark.spaced.equals": "a=b",
        "spark.colon": "value",
        "spark.tab": "value",
        "spark.empty": "",
        "spark.twice": "second",
    }


def test_the_driver_gets_no_setting_by_the_environment_and_runs_with_this_python() -> None:
    environment = {"PATH": "/bin", "ETHLOGS_NODE_URL": "http://token@geth", "PYSPARK_PYTHON": "python2"}
    assert build_environment(environment) == {
        "PATH": "/bin",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LAUNCHER_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1",
    }


@pytest.mark.parametrize("build", [build_environment, build_cluster_environment])
def test_the_users_options_of_java_come_last_and_so_count(
    build: Callable[[dict[str, str]], dict[str, str]],
) -> None:
    built = build({"SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=4", "SPARK_LAUNCHER_OPTS": "-XX:+UseG1GC"})
    assert built["SPARK_SUBMIT_OPTS"] == "-XX:TieredStopAtLevel=1 -XX:TieredStopAtLevel=4"
    assert built["SPARK_LAUNCHER_OPTS"] == "-XX:+UseG1GC"

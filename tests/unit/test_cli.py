"""The command line: help, settings in their three places, messages and exit statuses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from fake_programs import write_java, write_program, write_spark

from ethlogs.cli.display import ProgressDisplay
from ethlogs.cli.main import _run, cli
from ethlogs.cli.produce import produce
from ethlogs.errors import KafkaUnavailableError
from ethlogs.kafka.tail import Tail
from ethlogs.settings import StreamSettings
from ethlogs.spark.submit import driver_script
from ethlogs.status import StreamStatus, _build_status

HIDDEN = "hunter2"
NODE = ("--node-url", "http://geth:8545")
KAFKA = ("--bootstrap-server", "kafka:9092")
COMMANDS = sorted(cli.commands)
# Not settings: what a person wants of one call.
OF_ONE_CALL = {"--dry-run", "--verbose", "--quiet", "--watch"}
OPTIONS = [
    pytest.param(command, option, id=f"{name} {option.opts[-1]}")
    for name, command in sorted(cli.commands.items())
    for option in command.params
    if isinstance(option, click.Option) and option.opts[-1] not in OF_ONE_CALL
]


@dataclass(frozen=True)
class Outcome:
    """What a call left behind."""

    status: int
    stdout: str
    stderr: str


Call = Callable[..., Outcome]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Run a command line as a shell would; returns its exit status and output."""

    def run(*arguments: str, verbose: bool = False) -> Outcome:
        status = _run([*arguments], verbose)
        return Outcome(int(status), *capfd.readouterr())

    return run


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with a fake Java 17 and a fake Spark 4, which leaves a trace when it is run."""
    write_java(tmp_path / "bin" / "java")
    write_spark(tmp_path / "spark", script=f"touch {tmp_path}/was-run")
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "spark"))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


@pytest.fixture
def dry_run(machine: Path, call: Call) -> Call:
    """A dry run on that machine, with a node, a broker and a master."""
    return lambda *more: call("produce", "--dry-run", "--master", "local[*]", *NODE, *KAFKA, *more)


def write_config(text: str) -> None:
    Path("ethlogs.toml").write_text(text)


# Help.


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_of_itself(call: Call, command: str, flag: str) -> None:
    outcome = call(command, flag)
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout.startswith(f"Usage: ethlogs {command} ")
    assert f"Example: ethlogs {command} " in " ".join(outcome.stdout.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_every_command_is_one_that_it_takes(command: str) -> None:
    example = re.search(r"Example: ethlogs (.*)", " ".join((cli.commands[command].help or "").split()))
    assert example is not None
    name, *arguments = shlex.split(example.group(1))
    assert name == command
    with cli.commands[command].make_context(name, arguments):
        pass


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_option_has_help(command: click.Command, option: click.Option) -> None:
    assert option.help
    assert option.help.endswith((".", "]"))


def test_the_group_lists_every_command(call: Call) -> None:
    outcome = call("--help")
    assert outcome.status == 0
    assert re.findall(r"^  (\w+) ", outcome.stdout.split("Commands:")[1], re.MULTILINE) == COMMANDS


def test_the_version_is_printed(call: Call) -> None:
    outcome = call("--version")
    assert outcome.status == 0
    assert re.fullmatch(r"ethlogs, version \d+\.\d+\.\d+\n", outcome.stdout)


@pytest.mark.parametrize(
    "arguments", [["prodcue"], ["produce", "--blokcs", "5"], ["logs"], ["logs", "1", "2"]]
)
def test_what_is_no_command_line_is_wrong_usage(call: Call, arguments: list[str]) -> None:
    outcome = call(*arguments)
    assert outcome.status == 2
    assert outcome.stderr.startswith("Usage: ethlogs")
    assert outcome.stdout == ""


# Settings: a flag, an environment variable, a key of ethlogs.toml.


def sample_of(option: click.Option) -> tuple[Any, Any]:
    """A value that is not the default, as a file has it and as the command gets it."""
    kind = option.type
    if option.is_flag:
        return True, True
    if isinstance(kind, click.Choice):
        return kind.choices[-1], kind.choices[-1]
    if isinstance(kind, click.IntRange):
        return 7, 7
    if isinstance(kind, click.FloatRange):
        return 7.5, 7.5
    if kind.name == "KEY=VALUE":
        return "linger.ms=7", (("linger.ms", "7"),)
    if kind.name == "latest|earliest|N":
        return "7", "7"
    return "text", ("text",) if option.multiple else "text"


def given_to(command: click.Command, option: click.Option) -> Any:
    assert option.name is not None
    arguments = ["latest"] if any(isinstance(item, click.Argument) for item in command.params) else []
    with command.make_context("command", arguments) as context:
        return context.params[option.name]


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_setting_is_a_variable_named_as_its_flag(command: click.Command, option: click.Option) -> None:
    name = option.opts[-1].lstrip("-").replace("-", "_").upper()
    assert option.envvar == f"ETHLOGS_{name}"


SETTINGS = [param for param in OPTIONS if param.values[1].opts[-1] != "--config"]


@pytest.mark.parametrize(("command", "option"), SETTINGS)
def test_every_setting_can_be_a_variable(
    monkeypatch: pytest.MonkeyPatch, command: click.Command, option: click.Option
) -> None:
    value, expected = sample_of(option)
    monkeypatch.setenv(str(option.envvar), str(value))
    assert given_to(command, option) == expected


@pytest.mark.parametrize(("command", "option"), SETTINGS)
def test_every_setting_can_be_a_key_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: click.Command, option: click.Option
) -> None:
    monkeypatch.chdir(tmp_path)
    value, expected = sample_of(option)
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    write_config(f"{option.opts[-1].lstrip('-')} = {text}\n")
    assert given_to(command, option) == expected


def topic_of(outcome: Outcome) -> str:
    assert outcome.status == 0, outcome.stderr
    argv = shlex.split(outcome.stdout)
    return argv[argv.index("--name") + 1].removeprefix("ethlogs produce ")


def test_a_flag_comes_before_a_variable_and_that_before_the_file(
    monkeypatch: pytest.MonkeyPatch, dry_run: Call
) -> None:
    assert topic_of(dry_run()) == "eth_eventlogs"
    write_config("topic = 'of-the-file'")
    assert topic_of(dry_run()) == "of-the-file"
    monkeypatch.setenv("ETHLOGS_TOPIC", "of-the-variable")
    assert topic_of(dry_run()) == "of-the-variable"
    assert topic_of(dry_run("--topic", "of-the-flag")) == "of-the-flag"


def test_the_file_that_is_given_is_read_instead_of_the_one_here(tmp_path: Path, dry_run: Call) -> None:
    write_config("topic = 'here'")
    (tmp_path / "other.toml").write_text("topic = 'there'")
    assert topic_of(dry_run("--config", str(tmp_path / "other.toml"))) == "there"


def test_the_file_that_is_given_may_be_given_by_a_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, dry_run: Call
) -> None:
    (tmp_path / "other.toml").write_text("topic = 'there'")
    monkeypatch.setenv("ETHLOGS_CONFIG", str(tmp_path / "other.toml"))
    assert topic_of(dry_run()) == "there"


def test_without_a_file_here_the_users_own_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, dry_run: Call
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    own = tmp_path / "config" / "ethlogs" / "ethlogs.toml"
    own.parent.mkdir(parents=True)
    own.write_text("topic = 'the-users'")
    assert topic_of(dry_run()) == "the-users"
    write_config("topic = 'here'")
    assert topic_of(dry_run()) == "here"


@pytest.mark.parametrize(
    "text",
    [
        "kafka-config = ['security.protocol=SSL', 'check.crcs=false', 'linger.ms=7']",
        "kafka-config = {'security.protocol' = 'SSL', 'check.crcs' = false, 'linger.ms' = 7}",
        "[kafka-config]\nsecurity.protocol = 'SSL'\ncheck.crcs = false\nlinger.ms = 7",
    ],
)
def test_several_values_are_a_list_or_a_table(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with produce.make_context("produce", ["--config", str(path)]) as context:
        assert context.params["kafka_config"] == (
            ("security.protocol", "SSL"),
            ("check.crcs", "false"),
            ("linger.ms", "7"),
        )


def test_words_of_a_variable_are_quoted_as_in_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETHLOGS_CONF", "spark.a=1 'spark.b=two words'")
    monkeypatch.setenv("ETHLOGS_NODE_URL", "http://a ipc:///b")
    with produce.make_context("produce", []) as context:
        assert context.params["conf"] == (("spark.a", "1"), ("spark.b", "two words"))
        assert context.params["node_url"] == ("http://a", "ipc:///b")


# Wrong settings say where they are.


def test_a_wrong_value_of_a_flag_is_wrong_usage(dry_run: Call) -> None:
    outcome = dry_run("--partitions", "many")
    assert outcome.status == 2
    assert "Invalid value for '--partitions'" in outcome.stderr


def test_a_wrong_value_of_a_variable_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, dry_run: Call
) -> None:
    monkeypatch.setenv("ETHLOGS_PARTITIONS", "many")
    outcome = dry_run()
    assert outcome.status == 3
    assert "(from the environment variable ETHLOGS_PARTITIONS)" in outcome.stderr


@pytest.mark.parametrize(
    "text",
    ["partitions = 'many'", "partitions = 0", "partitions = [1]", "partitions = true", "[partitions]\na = 1"],
)
def test_a_wrong_value_of_the_file_names_file_and_key(dry_run: Call, text: str) -> None:
    write_config(text)
    outcome = dry_run()
    assert outcome.status == 3
    assert f"the key partitions of {Path.cwd() / 'ethlogs.toml'}" in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("blocks = 1.5", "the key blocks of {path} takes a whole number"),
        ("create-topics = 3", "the key create-topics of {path} takes true or false"),
        ("node-url = 5", "the key node-url of {path} takes text, in quotes"),
        ("node-url = [5]", "the key node-url of {path} takes text, in quotes"),
        ("kafka-config = [['a=b']]", "the key kafka-config of {path} takes text, in quotes"),
        ("glibc = 2.20", "the key glibc of {path} takes text, in quotes"),
        ("topic = 1979-05-27", "the key topic of {path} takes text, in quotes"),
        ("patience = 1979-05-27", "the key patience of {path} takes a number"),
        ("patience = true", "the key patience of {path} takes a number"),
    ],
)
def test_a_key_that_holds_another_kind_of_value_is_refused(dry_run: Call, text: str, told: str) -> None:
    write_config(text)
    outcome = dry_run()
    assert outcome.status == 3
    assert f"error: {told.format(path=Path.cwd() / 'ethlogs.toml')}\n" in outcome.stderr


@pytest.mark.parametrize("value", ["nan", "inf"])
@pytest.mark.parametrize("flag", ["--patience", "--timeout", "--node-timeout", "--submit-timeout"])
def test_a_limit_that_never_comes_is_wrong_usage(dry_run: Call, flag: str, value: str) -> None:
    outcome = dry_run(flag, value)
    assert outcome.status == 2
    assert f"{value} is no number of seconds" in outcome.stderr


@pytest.mark.parametrize("flag", ["--blocks", "--to", "--confirmations", "--reorg-window"])
def test_a_number_that_no_ledger_can_hold_is_wrong_usage(dry_run: Call, flag: str) -> None:
    outcome = dry_run(flag, str(2**63))
    assert outcome.status == 2
    assert "is larger than any block number or count" in outcome.stderr
    assert dry_run(flag, str(2**63 - 1)).status == 0


@pytest.mark.parametrize("start", ["newest", "-1", "1.5", "²", str(2**63), "9" * 5000])
def test_a_start_that_is_no_height_is_wrong_usage(dry_run: Call, start: str) -> None:
    outcome = dry_run("--start", start)
    assert outcome.status == 2
    assert "is none of latest, earliest or a block number" in outcome.stderr


@pytest.mark.parametrize("name", ["", "two words", "a/b", "..", "t" * 250, "ünïcode"])
def test_a_topic_that_kafka_would_refuse_is_a_wrong_setting(dry_run: Call, name: str) -> None:
    outcome = dry_run("--topic", name)
    assert outcome.status == 3
    assert f"error: --topic {name!r} is no name that Kafka takes for a topic\n" in outcome.stderr


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("geth", "node URL (no host) has no scheme"),
        (f"ws://me:{HIDDEN}@geth:8546/{HIDDEN}", "node URL ws://geth:8546/… has the scheme 'ws'"),
        (f"http:///{HIDDEN}", "node URL (no host) cannot be used"),
        (f"http://me:{HIDDEN}/@geth", "node URL (no valid URL) cannot be used"),
        ("ipc://geth.ipc", "node URL ipc://geth.ipc cannot be used"),
    ],
)
def test_a_url_that_is_none_of_a_node_is_told_before_anything_runs(
    dry_run: Call, url: str, told: str
) -> None:
    outcome = dry_run("--node-url", url)
    assert outcome.status == 3
    assert f"error: --node-url: {told}\n" in outcome.stderr
    assert HIDDEN not in outcome.stderr


@pytest.mark.parametrize(
    ("flag", "value", "told"),
    [
        ("--node-url", "geth", "--node-url (from {place}): node URL (no host) has no scheme"),
        ("--topic", "a/b", "--topic (from {place}) 'a/b' is no name that Kafka takes for a topic"),
        ("--properties-file", "/nowhere", "--properties-file (from {place}) /nowhere does not exist"),
        (
            "--bootstrap-server",
            "kafka",
            "--bootstrap-server (from {place}) 'kafka' is not of the form HOST:PORT,HOST:PORT",
        ),
    ],
)
@pytest.mark.parametrize("by_file", [True, False])
def test_a_value_that_is_found_wrong_later_names_its_place_too(
    monkeypatch: pytest.MonkeyPatch,
    machine: Path,
    call: Call,
    flag: str,
    value: str,
    told: str,
    by_file: bool,
) -> None:
    key, variable = flag.lstrip("-"), "ETHLOGS_" + flag.lstrip("-").replace("-", "_").upper()
    if by_file:
        write_config(f"{key} = '{value}'")
    else:
        monkeypatch.setenv(variable, value)
    others = [word for pair in (NODE, KAFKA) if pair[0] != flag for word in pair]
    outcome = call("produce", "--dry-run", "--master", "local[*]", *others)
    place = (
        f"the key {key} of {Path.cwd() / 'ethlogs.toml'}"
        if by_file
        else f"the environment variable {variable}"
    )
    assert outcome.status == 3
    assert f"error: {told.format(place=place)}\n" in outcome.stderr


def test_an_unknown_key_of_the_file_is_warned_of(dry_run: Call) -> None:
    write_config("blokcs = 5\nverbose = true\n")
    outcome = dry_run()
    assert outcome.status == 0
    path = Path.cwd() / "ethlogs.toml"
    assert [line for line in outcome.stderr.splitlines() if "unknown key" in line] == [
        f"{path}: unknown key {key}" for key in ("blokcs", "verbose")
    ]


def test_a_key_of_another_command_is_no_unknown_key(tmp_path: Path, call: Call) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("blocks = 5\ntopic = 'logs'")
    outcome = call("logs", "latest", "--config", str(path))
    assert outcome.stderr.startswith("error: no node is given\n")


def test_a_file_that_is_no_toml_is_a_wrong_setting(dry_run: Call) -> None:
    write_config("[[")
    outcome = dry_run()
    assert outcome.status == 3
    assert f"error: {Path.cwd() / 'ethlogs.toml'} cannot be read" in outcome.stderr


def test_a_file_that_is_given_and_does_not_exist_is_a_wrong_setting(dry_run: Call) -> None:
    outcome = dry_run("--config", "/nowhere.toml")
    assert (outcome.status, outcome.stderr) == (3, "error: --config /nowhere.toml does not exist\n")


@pytest.mark.parametrize("value", [HIDDEN, f"='{HIDDEN}'", f"linger.ms='{HIDDEN}", f"linger.ms={HIDDEN}"])
def test_a_wrong_setting_of_kafka_does_not_tell_its_value(
    monkeypatch: pytest.MonkeyPatch, dry_run: Call, value: str
) -> None:
    monkeypatch.setenv("ETHLOGS_KAFKA_CONFIG", value)
    outcome = dry_run()
    assert outcome.status == 3
    assert HIDDEN not in outcome.stderr.replace(f"--kafka-config {HIDDEN}", "")


@pytest.mark.parametrize("blocks", ["0", "-1", "-5000"])
def test_a_run_of_no_blocks_is_wrong_usage(dry_run: Call, blocks: str) -> None:
    outcome = dry_run("--blocks", blocks)
    assert outcome.status == 2
    assert "is not in the range x>=1" in outcome.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--to", "-1"], ["--start", "soon"], ["--start", "-5"], ["--head", "pending"], ["--proof", "none"]],
)
def test_a_range_that_is_none_is_wrong_usage(dry_run: Call, arguments: list[str]) -> None:
    assert dry_run(*arguments).status == 2


def test_blocks_and_to_exclude_each_other(dry_run: Call) -> None:
    outcome = dry_run("--blocks", "5", "--to", "9")
    assert outcome.status == 2
    assert "--blocks and --to exclude each other" in outcome.stderr


@pytest.mark.parametrize("command", [["produce"], ["smoketest"], ["logs", "latest"], ["transactions", "7"]])
def test_without_a_node_the_three_ways_to_give_one_are_named(
    machine: Path, call: Call, command: list[str]
) -> None:
    more = ["--master", "local[*]", *KAFKA] if command[0] in ("produce", "smoketest") else []
    outcome = call(*command, *more)
    assert outcome.status == 3
    assert outcome.stderr.endswith(
        "error: no node is given\n"
        "what to do: give --node-url http://HOST:8545, set ETHLOGS_NODE_URL, or node-url in ethlogs.toml\n"
    )


@pytest.mark.parametrize("command", ["produce", "smoketest", "status"])
def test_without_a_broker_the_three_ways_to_give_one_are_named(
    machine: Path, call: Call, command: str
) -> None:
    more = [] if command == "status" else ["--master", "local[*]"]
    outcome = call(command, *NODE, *more)
    assert outcome.status == 3
    for way in ("--bootstrap-server", "ETHLOGS_BOOTSTRAP_SERVER", "bootstrap-server in ethlogs.toml"):
        assert way in outcome.stderr


@pytest.mark.parametrize(
    "text", ["kafka", ":9092", "kafka:", "kafka:x", "kafka:0", "kafka:70000", "a:1,,b:2"]
)
def test_a_bootstrap_server_of_another_form_is_a_wrong_setting(call: Call, text: str) -> None:
    outcome = call("status", "--bootstrap-server", text)
    assert outcome.status == 3
    assert f"error: --bootstrap-server {text!r} is not of the form HOST:PORT,HOST:PORT" in outcome.stderr


def test_a_ledger_that_is_the_event_log_topic_is_a_wrong_setting(dry_run: Call) -> None:
    outcome = dry_run("--topic", "logs", "--ledger-topic", "logs")
    assert outcome.status == 3
    assert "--ledger-topic and --topic are the same topic" in outcome.stderr


@pytest.mark.parametrize("master", ["spark://host:7077", "k8s://host"])
def test_another_cluster_than_yarn_is_refused_clearly(machine: Path, call: Call, master: str) -> None:
    outcome = call("produce", "--master", master, *NODE, *KAFKA)
    assert outcome.status == 3
    assert f"the master {master} is neither local nor yarn" in outcome.stderr
    assert "give --master yarn" in outcome.stderr
    assert not (machine / "was-run").exists()


def test_yarn_without_hadoops_configuration_is_refused_clearly(machine: Path, call: Call) -> None:
    outcome = call("produce", "--master", "yarn", *NODE, *KAFKA)
    assert outcome.status == 3
    assert "neither HADOOP_CONF_DIR nor YARN_CONF_DIR says where the cluster is" in outcome.stderr
    assert "export HADOOP_CONF_DIR=/etc/hadoop/conf" in outcome.stderr
    assert not (machine / "was-run").exists()


def test_a_limit_of_lag_needs_a_node(call: Call) -> None:
    outcome = call("status", *KAFKA, "--max-lag", "3")
    assert outcome.status == 2
    assert "--max-lag needs --node-url" in outcome.stderr


@pytest.mark.parametrize("block", ["newest", "-1", "0x10", "0x" + "g" * 64, ""])
def test_what_names_no_block_is_wrong_usage(call: Call, block: str) -> None:
    outcome = call("logs", *NODE, "--", block)
    assert outcome.status == 2
    assert "is no block number, no block hash, and not latest" in outcome.stderr


# A dry run.


def test_a_dry_run_prints_one_line_for_a_shell_and_runs_nothing(machine: Path, dry_run: Call) -> None:
    outcome = dry_run("--run-dir", "my runs", "--conf", "spark.a=b c", "--driver-memory", "2g")
    assert outcome.status == 0
    assert outcome.stdout.count("\n") == 1
    assert shlex.split(outcome.stdout) == [
        str(machine / "spark" / "bin" / "spark-submit"),
        *("--master", "local[*]"),
        *("--name", "ethlogs produce eth_eventlogs"),
        *("--driver-memory", "2g"),
        *("--conf", "spark.a=b c"),
        *("--conf", "spark.ui.enabled=false"),
        *("--conf", "spark.ui.showConsoleProgress=false"),
        str(driver_script()),
        str(machine / "work" / "my runs" / "RUN"),
    ]
    assert not (machine / "was-run").exists()
    assert list((machine / "work").iterdir()) == []


def test_the_first_line_on_stderr_says_which_master_and_why(machine: Path, dry_run: Call) -> None:
    assert dry_run().stderr.splitlines() == [
        "master local[*]: as asked for",
        f"spark-submit {machine / 'spark' / 'bin' / 'spark-submit'} (Spark 4.0.0, Java 17)",
    ]


def test_quiet_is_quiet(dry_run: Call) -> None:
    assert dry_run("-q").stderr == ""


def test_no_secret_is_in_the_line_of_a_dry_run(dry_run: Call) -> None:
    outcome = dry_run(
        "--node-url", f"http://{HIDDEN}@geth", "--kafka-config", f"sasl.plain.password={HIDDEN}"
    )
    assert outcome.status == 0
    assert HIDDEN not in outcome.stdout + outcome.stderr


def test_runs_are_kept_in_the_users_state_folder(monkeypatch: pytest.MonkeyPatch, dry_run: Call) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert shlex.split(dry_run().stdout)[-1] == "/state/ethlogs/runs/RUN"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    assert shlex.split(dry_run().stdout)[-1] == "/home/ada/.local/state/ethlogs/runs/RUN"


def test_a_java_that_is_too_old_ends_it_before_anything_starts(machine: Path, call: Call) -> None:
    write_java(machine / "bin" / "java", 'openjdk version "11.0.20" 2023-07-18')
    outcome = call("produce", "--master", "local[*]", *NODE, *KAFKA)
    assert outcome.status == 3
    assert f"{machine / 'bin' / 'java'} is Java 11, and Spark 4.0.0 needs 17 or later" in outcome.stderr
    assert not (machine / "was-run").exists()


# A run, with a fake spark-submit: what it reports is what the command says.


def run_that_reports(machine: Path, call: Call, report: str, *more: str) -> Outcome:
    script = (
        'for folder; do :; done; echo "the driver says this"\n'
        f"cat > \"$folder/report.json\" <<'END'\n{report}\nEND"
    )
    write_program(machine / "spark" / "bin" / "spark-submit", script)
    runs = str(machine / "runs")
    return call("smoketest", "--master", "local[*]", "--run-dir", runs, *NODE, *KAFKA, *more)


def smoketest_report(status: int, error: str = "null") -> str:
    return (
        f'{{"exitStatus": {status}, "verdict": "told", "error": {error}, "hint": {error}, "run": "a-run",'
        ' "topic": "logs.smoketest", "proof": "receipts", "block": null, "logs": 0, "bytes": 0,'
        ' "metrics": {}, "seconds": {}}'
    )


@pytest.mark.parametrize("status", [0, 5, 6, 7, 9, 10, 11, 130])
def test_the_status_of_the_drivers_report_is_the_commands(machine: Path, call: Call, status: int) -> None:
    error = '"it is so"' if status else "null"
    outcome = run_that_reports(machine, call, smoketest_report(status, error))
    assert outcome.status == status
    assert outcome.stdout.endswith(f"exit status                     {status}\n")
    assert ("error: it is so\nwhat to do: it is so\n" in outcome.stderr) == bool(status)


def test_json_is_the_report_itself(machine: Path, call: Call) -> None:
    outcome = run_that_reports(machine, call, smoketest_report(0), "--json", "-q")
    assert outcome.stdout.startswith('{\n  "exitStatus": 0,')
    assert outcome.stderr == ""


def test_a_defect_comes_with_the_drivers_last_lines(machine: Path, call: Call) -> None:
    outcome = run_that_reports(machine, call, smoketest_report(1, '"a defect"'))
    assert outcome.status == 1
    assert "    the driver says this\n" in outcome.stderr


def test_a_driver_that_dies_is_a_failed_submission(machine: Path, call: Call) -> None:
    write_program(machine / "spark" / "bin" / "spark-submit", "echo 'no space left' >&2; exit 1")
    outcome = call("produce", "--master", "local[*]", "--run-dir", str(machine / "runs"), *NODE, *KAFKA)
    assert outcome.status == 8
    assert "    no space left\n" in outcome.stderr
    assert "Traceback" not in outcome.stderr


# Whatever goes wrong, it is said in one place.


def test_a_traceback_is_shown_to_who_asks_for_it(call: Call) -> None:
    assert "Traceback" not in call("logs", "latest").stderr
    assert "Traceback" in call("logs", "latest", verbose=True).stderr


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "error: interrupted"),
        (ZeroDivisionError("oh"), 1, "error: a defect of ethlogs: ZeroDivisionError: oh; please report it"),
    ],
)
def test_what_nobody_foresaw_has_a_status_too(
    monkeypatch: pytest.MonkeyPatch, call: Call, raised: BaseException, status: int, said: str
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr("ethlogs.cli.blocks.fetch_event_logs", fail)
    outcome = call("logs", "latest", *NODE)
    assert outcome.status == status
    assert said in outcome.stderr


def test_a_notice_is_shown_once_and_so_is_each_of_a_later_attempt(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def progress(attempt: int, *texts: str) -> dict[str, Any]:
        notices = [{"number": number, "text": text} for number, text in enumerate(texts, start=1)]
        return {"attempt": attempt, "notices": notices}

    with ProgressDisplay(quiet=False) as display:
        for snapshot in (
            progress(1, "a", "b"),
            progress(1, "a", "b"),
            progress(2, "c"),
            progress(2, "c", "d"),
        ):
            display.show(snapshot)
    assert capsys.readouterr().err.split() == ["a", "b", "c", "d"]


def test_a_run_with_nothing_to_do_has_no_blocks_below_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ethlogs.cli.display._LINE_SECONDS", 0.0)
    with ProgressDisplay(quiet=False) as display:
        display.show(
            {"attempt": 1, "firstBlock": 80, "lastBlock": 1, "tip": None, "logs": 0, "logsPerSecond": 0.0}
        )
    assert capsys.readouterr().err == "0 of 0 blocks · 0 event logs · 0/s\n"


def test_watching_goes_on_while_kafka_is_away(monkeypatch: pytest.MonkeyPatch, call: Call) -> None:
    """The statuses are made up: when which of them comes is what matters."""
    stands = _build_status(StreamSettings(), Tail(None, None, 0, stable=True), None)
    looks = iter([stands, KafkaUnavailableError("Kafka is away"), stands, KeyboardInterrupt()])

    def look(*_: object) -> StreamStatus:
        found = next(looks)
        if isinstance(found, BaseException):
            raise found
        return found

    monkeypatch.setattr("ethlogs.cli.status.fetch_status", look)
    monkeypatch.setattr("ethlogs.cli.status._WATCH_SECONDS", 0.0)
    monkeypatch.delenv("HADOOP_CONF_DIR", raising=False)
    monkeypatch.delenv("YARN_CONF_DIR", raising=False)
    outcome = call("status", *KAFKA, "--watch")
    assert outcome.status == 130
    assert outcome.stdout.count("none yet") == 2
    assert outcome.stderr.strip() == "Kafka is away; asking again\n\nerror: interrupted"

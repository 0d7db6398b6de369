"""Settings in their three places: a flag, an environment variable, a key of ethlogs.toml."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from ethlogs.cli.command import SettingOption
from ethlogs.cli.produce import produce
from ethlogs.job_requests import ProduceOptions
from ethlogs.settings.kinds import Choice, Count, KeyValue, Kind, Seconds, StartHeight, Switch
from ethlogs.settings.metrics import Address, HostPort
from ethlogs.settings.option import build
from tests.unit.cli.calls import OPTIONS, SETTINGS, Call, Outcome, parsed, write_config


def sample_of(option: click.Option) -> tuple[Any, Any]:
    """A value that is not the default, as a file has it and as the command gets it."""
    assert isinstance(option, SettingOption)
    kind = option.declared.option.kind
    samples: dict[type[Kind[Any]], Any] = {Switch: True, Count: 7, Seconds: 7.5, StartHeight: "7"}
    if isinstance(kind, Choice):
        return kind.words[-1], kind.words[-1]
    if isinstance(kind, KeyValue):
        return "linger.ms=7", (("linger.ms", "7"),)
    if isinstance(kind, HostPort):
        return "192.0.2.7:80", Address("192.0.2.7", 80)
    value = samples.get(type(kind), "text")
    return value, (value,) if option.multiple else value


def given_to(command: click.Command, option: click.Option) -> Any:
    assert option.name is not None
    arguments = ["latest"] if any(isinstance(item, click.Argument) for item in command.params) else []
    with parsed(command, arguments) as context:
        return context.params[option.name]


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_setting_is_a_variable_named_as_its_flag(command: click.Command, option: click.Option) -> None:
    name = option.opts[-1].lstrip("-").replace("-", "_").upper()
    assert option.envvar == f"ETHLOGS_{name}"


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


def test_the_keys_of_a_heading_can_stand_in_its_table(dry_run: Call) -> None:
    write_config("patience = 5\n[stream]\ntopic = 'of-a-table'\n[proof]\nproof = 'receipts'")
    assert topic_of(dry_run()) == "of-a-table"


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
    with parsed(produce, ["--config", str(path)]) as context:
        assert build(ProduceOptions, context.params).kafka.client == (
            ("security.protocol", "SSL"),
            ("check.crcs", "false"),
            ("linger.ms", "7"),
        )


def test_words_of_a_variable_are_quoted_as_in_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETHLOGS_CONF", "spark.a=1 'spark.b=two words'")
    monkeypatch.setenv("ETHLOGS_NODE_URL", "http://a ipc:///b")
    with parsed(produce, []) as context:
        options = build(ProduceOptions, context.params)
        assert options.spark.conf == (("spark.a", "1"), ("spark.b", "two words"))
        assert options.node.urls == ("http://a", "ipc:///b")


def test_one_key_on_the_command_line_leaves_the_files_other_keys_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    write_config("[kafka-config]\nsecurity.protocol = 'SSL'\nlinger.ms = 7\ncheck.crcs = false")
    monkeypatch.setenv("ETHLOGS_KAFKA_CONFIG", "linger.ms=8 check.crcs=true")
    with parsed(produce, ["--kafka-config", "linger.ms=9"]) as context:
        options = build(ProduceOptions, context.params)
    assert dict(options.kafka.client) == {"security.protocol": "SSL", "linger.ms": "9", "check.crcs": "true"}
    assert len(options.kafka.client) == 3


def test_a_key_that_one_place_gives_twice_is_kept_twice_to_be_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with parsed(produce, ["--kafka-config", "linger.ms=9", "--kafka-config", "linger.ms=8"]) as context:
        options = build(ProduceOptions, context.params)
    assert options.kafka.client == (("linger.ms", "9"), ("linger.ms", "8"))


@pytest.mark.parametrize(
    ("content", "mode", "warned"),
    [
        ('[kafka-config]\n"sasl.plain.password" = "x"', 0o644, True),
        ('node-url = ["https://user:word@node"]', 0o644, True),
        ('node-url = "https://node/v3/0123456789abcdef0123"', 0o644, True),
        ('node-url = "https://node/?apikey=x"', 0o644, True),
        ('[kafka-config]\n"sasl.plain.password" = "x"', 0o600, False),
        ('node-url = ["https://node:8545"]', 0o644, False),
    ],
    ids=["password", "password in a URL", "token in a path", "token in a query", "private file", "no secret"],
)
def test_a_file_with_a_secret_that_others_can_read_is_warned_of(
    content: str, mode: int, warned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content)
    path.chmod(mode)
    with parsed(produce, ["--config", str(path)]):
        pass
    assert (f"warning: others can read the settings file {path}" in capsys.readouterr().err) is warned


@pytest.mark.parametrize(
    ("flag", "value", "warned"),
    [
        ("--kafka-config", "sasl.plain.password=hunter2", True),
        ("--kafka-config", 'sasl.jaas.config=x.PlainLoginModule required password="hunter2";', True),
        ("--node-url", "https://user:hunter2@node", True),
        ("--node-url", "wss://node/v3/hunter2_0123456789abcdef", True),
        ("--node-url", "http://node:8545/ethereum-mainnet-of-our-company", False),
        ("--hdfs-dir", "hdfs://namenode/user/0123456789abcdef0123456789", False),
        ("--kafka-config", "linger.ms=5", False),
    ],
)
def test_a_secret_on_the_command_line_is_warned_of_and_not_repeated(
    flag: str, value: str, warned: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with parsed(produce, [flag, value]):
        pass
    found = capsys.readouterr().err
    assert (f"warning: {flag} has a secret" in found) is warned
    assert "hunter2" not in found
    monkeypatch.setenv(f"ETHLOGS_{flag[2:].upper().replace('-', '_')}", shlex.quote(value))
    with parsed(produce, []):
        pass
    assert capsys.readouterr().err == "", "a variable is its user's own"


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes("\ufeffblocks = 7\r\n".encode())
    with parsed(produce, ["--config", str(path)]) as context:
        assert context.params["range__blocks"] == 7

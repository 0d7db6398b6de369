"""A wrong setting is refused before anything runs, and its place is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.calls import HIDDEN, KAFKA, NODE, Call, write_config
from tests.unit.keytabs import build_keytab


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
    assert f"{value} is not a number of seconds" in outcome.stderr


@pytest.mark.parametrize("value", ["1e300", "1e400", "1000000001"])
@pytest.mark.parametrize("flag", ["--patience", "--timeout", "--node-timeout", "--submit-timeout"])
def test_a_limit_that_is_too_long_for_a_clock_is_wrong_usage(dry_run: Call, flag: str, value: str) -> None:
    outcome = dry_run(flag, value)
    assert outcome.status == 2
    assert f"{value} is more than" in outcome.stderr


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
    assert "is not latest, earliest or a block number" in outcome.stderr


@pytest.mark.parametrize("name", ["", "two words", "a/b", "..", "t" * 233, "ünïcode"])
def test_a_topic_that_kafka_would_refuse_is_a_wrong_setting(dry_run: Call, name: str) -> None:
    outcome = dry_run("--topic", name)
    assert outcome.status == 3
    assert f"error: --topic {name!r} is not a name that Kafka accepts for a topic\n" in outcome.stderr


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("geth", "the node URL does not begin with http://, https://, ws://, wss:// or ipc:///"),
        (
            f"ftp://me:{HIDDEN}@geth:8546/{HIDDEN}",
            "the node URL ftp://geth:8546/… has the scheme 'ftp', which ethlogs does not support",
        ),
        (f"http:///{HIDDEN}", "the node URL http:… names no host"),
        (
            f"http://me:{HIDDEN}/@geth",
            "the node URL is not valid: its host or its port, up to 65535, cannot be read",
        ),
        ("ipc://geth.ipc", "the node URL ipc:… names no path"),
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
        (
            "--node-url",
            "geth",
            "--node-url (from {place}): the node URL does not begin with http://, https://, ws://, wss:// or ipc:///",
        ),
        ("--topic", "a/b", "--topic (from {place}) 'a/b' is not a name that Kafka accepts for a topic"),
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


def test_unknown_keys_of_the_file_are_refused_with_what_was_meant(dry_run: Call) -> None:
    write_config("blokcs = 5\nverbose = true\n")
    outcome = dry_run()
    assert outcome.status == 3
    assert outcome.stderr == (
        f"error: unknown keys in {Path.cwd() / 'ethlogs.toml'}: blokcs, verbose\n"
        "what to do: did you mean blocks instead of blokcs?\n"
    )


def test_an_unknown_key_in_the_table_of_a_heading_is_refused_too(dry_run: Call) -> None:
    write_config("[range]\nblock = 5\n")
    outcome = dry_run()
    assert outcome.status == 3
    assert "did you mean blocks instead of block?" in outcome.stderr


def test_an_unknown_variable_is_refused_with_what_was_meant(
    monkeypatch: pytest.MonkeyPatch, dry_run: Call
) -> None:
    monkeypatch.setenv("ETHLOGS_BLOKCS", "5")
    outcome = dry_run()
    assert outcome.status == 3
    assert outcome.stderr == (
        "error: unknown environment variable: ETHLOGS_BLOKCS\n"
        "what to do: did you mean ETHLOGS_BLOCKS instead of ETHLOGS_BLOKCS?\n"
    )


def test_a_name_like_no_setting_comes_with_where_the_settings_are_listed(dry_run: Call) -> None:
    write_config("colour = 'red'")
    assert dry_run().stderr.endswith("what to do: see the list in docs/settings.md\n")


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
    assert outcome.status == 3
    assert outcome.stderr == (
        "error: --config /nowhere.toml does not exist\n"
        "what to do: give the path of an ethlogs.toml, or leave it out and give flags\n"
    )


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


def test_the_ledger_has_no_other_name(dry_run: Call) -> None:
    outcome = dry_run("--topic", "logs", "--ledger-topic", "logs.blocks")
    assert outcome.status == 2
    assert "No such option '--ledger-topic'" in outcome.stderr


@pytest.mark.parametrize(
    "master",
    ["spark://host:7077", "k8s://host", "local[abc]", "local[0]", "local[*", "local[99999999999]", "Local"],
)
def test_another_cluster_than_yarn_is_refused_clearly(machine: Path, call: Call, master: str) -> None:
    outcome = call("produce", "--master", master, *NODE, *KAFKA)
    assert outcome.status == 3
    assert f"the master {master} is neither local nor yarn" in outcome.stderr
    assert "give --master yarn or local[*]" in outcome.stderr
    assert not (machine / "was-run").exists()


def test_yarn_without_hadoops_configuration_is_refused_clearly(machine: Path, call: Call) -> None:
    outcome = call("produce", "--master", "yarn", *NODE, *KAFKA)
    assert outcome.status == 3
    assert "neither HADOOP_CONF_DIR nor YARN_CONF_DIR says where the cluster is" in outcome.stderr
    assert "export HADOOP_CONF_DIR=/etc/hadoop/conf" in outcome.stderr
    assert not (machine / "was-run").exists()


def test_tail_without_hadoops_configuration_says_where_the_log_of_a_run_here_is(call: Call) -> None:
    outcome = call("tail", *KAFKA)
    assert outcome.status == 3
    assert "neither HADOOP_CONF_DIR nor YARN_CONF_DIR says where the cluster is" in outcome.stderr
    assert "driver.log" in outcome.stderr
    assert "--master" not in outcome.stderr, "an option that tail does not have"


def test_a_limit_of_lag_needs_a_node(call: Call) -> None:
    outcome = call("status", *KAFKA, "--max-lag", "3")
    assert outcome.status == 2
    assert "--max-lag needs --node-url" in outcome.stderr


@pytest.mark.parametrize("block", ["newest", "-1", "0x", "0x" + "g" * 64, ""])
def test_what_names_no_block_is_wrong_usage(call: Call, block: str) -> None:
    outcome = call("logs", *NODE, "--", block)
    assert outcome.status == 2
    assert "is not a block number, a block hash or latest" in outcome.stderr


def test_another_users_keytab_is_refused_before_anything_is_written(machine: Path, call: Call) -> None:
    keytab = machine / "service.keytab"
    keytab.write_bytes(build_keytab("service@A"))
    outcome = call(
        *("produce", "--master", "yarn", *NODE, *KAFKA, "--run-dir", "runs"),
        *("--proxy-user", "ada", "--principal", "service@A", "--keytab", str(keytab)),
    )
    assert outcome.status == 3
    assert "error: --principal is service@A, and --proxy-user ada would hand it to ada" in outcome.stderr
    assert not (machine / "was-run").exists()
    assert list((machine / "work").iterdir()) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = " + "[" * 200_000 + "]" * 200_000, "nested too deeply"),
        ("blocks = " + "9" * 5_000, "cannot be read"),
        ("blocks = 5\nblocks = 6", "cannot be read"),
        ("blocks = 5\n[range]\nblocks = 6", "the key blocks is in {path} twice"),
        ("topic = 'a\0b'", "cannot be read"),
        ('topic = "a\\u0000b"', "the text has a NUL character"),
        ('kafka-config = {"linger.ms" = [1]}', "linger.ms is none of these"),
        ("[kafka-config]\nlinger.ms = 1979-05-27", "linger.ms is none of these"),
        ("topic", "cannot be read"),
        ("[topic", "cannot be read"),
        ("patience = 1e400", "inf is not a number of seconds"),
        ("patience = nan", "nan is not a number of seconds"),
        ("node-timeout = 86401", "is more than 86,400 seconds"),
        ("[[stream]]\ntopic = 'a'", "unknown key"),
    ],
)
def test_a_file_of_any_content_is_a_wrong_setting_and_no_defect(dry_run: Call, text: str, told: str) -> None:
    write_config(text)
    outcome = dry_run()
    assert outcome.status == 3
    assert told.format(path=Path.cwd() / "ethlogs.toml") in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize("content", [b"topic = '\xff'", "topic = 'a'".encode("utf-16"), b"\0" * 100])
def test_a_file_that_is_no_text_is_a_wrong_setting(dry_run: Call, content: bytes) -> None:
    Path("ethlogs.toml").write_bytes(content)
    outcome = dry_run()
    assert outcome.status == 3
    assert "ethlogs.toml cannot be read" in outcome.stderr


def test_a_folder_that_was_deleted_is_named(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    outcome = call("produce", *NODE, *KAFKA, "--dry-run")
    assert (outcome.status, outcome.stderr.splitlines()[0]) == (3, "error: the current folder was deleted")


def test_a_user_without_a_home_needs_none(dry_run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(_path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", no_home)
    assert dry_run().status == 0

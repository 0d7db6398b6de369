"""A command's options from Python: keywords, then variables, then ethlogs.toml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ethlogs.errors import SettingsError
from ethlogs.job_requests import ProduceOptions
from ethlogs.settings.option import declarations
from ethlogs.settings.reading import keyword_of, read_options


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "ethlogs.toml"


def read(environment: dict[str, str] | None = None, **keywords: Any) -> ProduceOptions:
    return read_options(ProduceOptions, keywords, environment or {}).options


def test_a_keyword_comes_before_a_variable_and_a_variable_before_the_file(config: Path) -> None:
    config.write_text('topic = "of-the-file"\nblocks = 7')
    assert read().stream.topic == "of-the-file"
    assert read({"ETHLOGS_TOPIC": "of-a-variable"}).stream.topic == "of-a-variable"
    assert read({"ETHLOGS_TOPIC": "of-a-variable"}, topic="of-a-keyword").stream.topic == "of-a-keyword"
    assert read(topic=None).stream.topic == "of-the-file"
    assert read().range.blocks == 7


def test_values_of_python_are_taken_as_a_flag_takes_their_text() -> None:
    options = read(node_url="http://geth:8545", create_topics=True, blocks=20, timeout=1.5)
    assert options.node.urls == ("http://geth:8545",)
    assert (options.topics.create, options.range.blocks, options.limits.timeout) == (True, 20, 1.5)
    assert read(node_url=["http://a", "http://b"]).node.urls == ("http://a", "http://b")
    assert read({"ETHLOGS_NODE_URL": "http://a http://b"}).node.urls == ("http://a", "http://b")


def test_pairs_of_all_places_are_merged_key_by_key(config: Path) -> None:
    config.write_text('kafka-config = { "security.protocol" = "SSL", "linger.ms" = "1" }')
    options = read(kafka_config={"linger.ms": 7, "enable.idempotence": True})
    assert dict(options.kafka.client) == {
        "security.protocol": "SSL",
        "linger.ms": "7",
        "enable.idempotence": "true",
    }


def test_a_keyword_that_is_no_setting_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(SettingsError, match="unknown setting: node_ulr") as caught:
        read(node_ulr="http://geth")
    assert caught.value.hint == "did you mean node_url?"
    with pytest.raises(SettingsError, match="unknown setting: dry_run"):
        read(dry_run=True)
    with pytest.raises(SettingsError, match="ETHLOGS_TOPPIC"):
        read({"ETHLOGS_TOPPIC": "logs"})


def test_a_wrong_value_is_named_with_its_place_and_a_secret_is_not_repeated(config: Path) -> None:
    with pytest.raises(SettingsError, match=r"^blocks: 'many' is not a valid integer\.$"):
        read(blocks="many")
    with pytest.raises(SettingsError, match=r"--blocks \(from the environment variable ETHLOGS_BLOCKS\): "):
        read({"ETHLOGS_BLOCKS": "many"})
    with pytest.raises(SettingsError, match=r"^topic takes one value, not several$"):
        read(topic=["a", "b"])
    with pytest.raises(SettingsError) as caught:
        read(kafka_config="hunter2")
    assert "hunter2" not in str(caught.value)


def test_several_values_may_be_in_any_collection(config: Path) -> None:
    addresses = [f"0x{n:040x}" for n in (1, 2)]
    for several in (addresses, tuple(addresses), dict.fromkeys(addresses).keys(), iter(addresses)):
        assert read(address=several).selection.addresses == tuple(addresses)
    assert read(address=set(addresses[:1])).selection.addresses == tuple(addresses[:1])


def test_a_file_is_named_by_keyword_or_variable(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('topic = "other"')
    assert read(config=tmp_path / "other.toml").stream.topic == "other"
    assert read({"ETHLOGS_CONFIG": str(tmp_path / "other.toml")}).stream.topic == "other"
    with pytest.raises(SettingsError, match="does not exist"):
        read(config="nowhere.toml")


def test_an_error_that_is_found_later_is_named_with_the_place_of_its_setting() -> None:
    found = read_options(ProduceOptions, {}, {"ETHLOGS_TOPIC": "?"})
    error = found.locate(SettingsError("--topic '?' is not a name", flag="--topic"))
    assert str(error) == "--topic (from the environment variable ETHLOGS_TOPIC) '?' is not a name"


def test_each_setting_has_one_name_in_python() -> None:
    names = [keyword_of(item.option) for item in declarations(ProduceOptions)]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in names)


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import ethlogs", ("click", "kafka", "web3", "requests", "IPython", "msgspec")),
        ("import ethlogs.settings.reading", ("click",)),
        ("import ethlogs; ethlogs.submit", ("click", "web3", "IPython", "pyspark")),
    ],
)
def test_what_python_loads_is_light(statement: str, absent: tuple[str, ...]) -> None:
    script = f"{statement}\nimport sys\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(absent) & set(loaded.stdout.split()) == set()

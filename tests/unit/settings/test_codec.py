"""Settings: one file carries all of them, a wrong file is refused, and no secret is shown."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from ethlogs.errors import SettingsError
from ethlogs.settings import (
    Abi,
    FollowSettings,
    KafkaSettings,
    KerberosSettings,
    NodeSettings,
    ProofSettings,
    RangeSettings,
    RunSettings,
    SelectionSettings,
    StreamSettings,
    TopicCreation,
    display_url,
    from_json,
    to_json,
)
from ethlogs.settings.backfill import BackfillSettings
from ethlogs.settings.metrics import Address

HIDDEN = "hunter2"

SETTINGS = RunSettings(
    run="20260101-000000-abcdef",
    job="smoketest",
    node=NodeSettings(
        (f"https://user:{HIDDEN}@geth/{HIDDEN}", "ipc:///geth.ipc"),
        12.5,
        99.0,
        "ca.pem",
        (("A", HIDDEN),),
        (("https://other", "B", HIDDEN),),
    ),
    kafka=KafkaSettings("a:9092,b:9092", (("sasl.plain.password", HIDDEN), ("linger.ms", "5")), 98.0),
    stream=StreamSettings("logs"),
    topics=TopicCreation(True, 12, 3),
    selection=SelectionSettings(("0x" + "aa" * 20,), ("0x" + "bb" * 32,), (Abi("a", None, ("A()",)),)),
    range=RangeSettings(blocks=5, to=17, start="earliest", allow_gap=True),
    follow=FollowSettings(4, "finalized", ProofSettings("receipts", True), 7, True),
    backfill=BackfillSettings(3, 9, 8, 512),
    timeout_seconds=60.0,
    metrics_listen=Address("127.0.0.1", 9735),
    replace=True,
    kerberos=KerberosSettings("ethlogs@A", "a.keytab", "broker", "krb5.conf"),
)


def paths_of_defaults(value: Any, path: str = "") -> list[str]:
    """The fields of a settings object that still have their default."""
    found = []
    for field in fields(value):
        item = getattr(value, field.name)
        if is_dataclass(item):
            found += paths_of_defaults(item, f"{path}{field.name}.")
        elif item == field.default:
            found.append(path + field.name)
    return found


def changed(path: str, value: Any) -> bytes:
    content = json.loads(to_json(SETTINGS))
    *folders, name = path.split(".")
    place = content
    for folder in folders:
        place = place[folder]
    place[name] = value
    return json.dumps(content).encode()


def test_settings_survive_their_file() -> None:
    assert from_json(RunSettings, to_json(SETTINGS)) == SETTINGS


def test_the_round_trip_covers_every_field() -> None:
    assert paths_of_defaults(SETTINGS) == []


def test_settings_that_were_left_out_survive_as_their_defaults() -> None:
    settings = RunSettings("run", "produce", NodeSettings(("http://geth",)), KafkaSettings("kafka:9092"))
    assert from_json(RunSettings, to_json(settings)) == settings


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("colour", "red"),
        ("node.colour", "red"),
        ("job", ["produce"]),
        ("run", 5),
        ("run", None),
        ("node", []),
        ("node", "http://geth"),
        ("node.urls", "http://geth"),
        ("node.urls", [1]),
        ("node.patience_seconds", "300"),
        ("node.patience_seconds", None),
        ("kafka.client", [["linger.ms"]]),
        ("kafka.client", [["linger.ms", "5", "6"]]),
        ("range.blocks", 1.5),
        ("range.blocks", True),
        ("topics.create", 1),
        ("timeout_seconds", "60"),
    ],
)
def test_a_file_of_another_shape_is_refused(path: str, value: Any) -> None:
    with pytest.raises(SettingsError, match="cannot be read as RunSettings"):
        from_json(RunSettings, changed(path, value))


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"[]", b'""', b"{}", b'{"run": "x"}'])
def test_a_file_that_is_no_settings_is_refused(data: bytes) -> None:
    with pytest.raises(SettingsError, match="cannot be read as RunSettings"):
        from_json(RunSettings, data)


def test_a_refused_file_does_not_tell_its_content() -> None:
    with pytest.raises(SettingsError) as caught:
        from_json(RunSettings, changed("node.urls", HIDDEN))
    assert HIDDEN not in str(caught.value)


def test_a_whole_number_is_taken_for_seconds() -> None:
    assert from_json(RunSettings, changed("timeout_seconds", 60)) == SETTINGS


def test_no_secret_is_in_the_repr_of_settings() -> None:
    assert HIDDEN not in repr(SETTINGS)
    assert "linger.ms" not in repr(SETTINGS.kafka)
    assert "a:9092" in repr(SETTINGS)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://geth:8545", "http://geth:8545"),
        ("http://geth:8545/", "http://geth:8545"),
        ("https://geth", "https://geth"),
        ("HTTPS://Geth.Example:443", "https://geth.example:443"),
        (f"https://user:{HIDDEN}@geth:8545", "https://geth:8545"),
        (f"https://{HIDDEN}@geth:8545", "https://geth:8545"),
        (f"https://mainnet.example/v3/{HIDDEN}", "https://mainnet.example/…"),
        (f"https://mainnet.example:8545?token={HIDDEN}", "https://mainnet.example:8545/…"),
        (f"https://mainnet.example/#{HIDDEN}", "https://mainnet.example"),
        (f"http://user:{HIDDEN}@[::1]:8545/{HIDDEN}", "http://[::1]:8545/…"),
        (f"http://user:{HIDDEN}@geth:99999", "(a URL that cannot be read)"),
        (f"http://user:{HIDDEN}@[::1", "(a URL that cannot be read)"),
        (f"user:{HIDDEN}@geth:8545", "(a URL without a host)"),
        (f"geth/{HIDDEN}", "(a URL without a host)"),
        ("ipc:///var/lib/geth/geth.ipc", "ipc:///var/lib/geth/geth.ipc"),
    ],
)
def test_a_url_is_shown_without_user_password_path_and_query(url: str, shown: str) -> None:
    assert display_url(url) == shown
    assert HIDDEN not in shown


def test_every_name_of_a_stream_follows_from_its_topic() -> None:
    stream = StreamSettings("logs")
    assert stream.ledger_topic == "logs.ledger"
    assert stream.smoketest_topic == "logs.smoketest"
    assert stream.follower_id == "ethlogs:logs:follower"
    assert stream.slot_id(7) == "ethlogs:logs:slot-7"
    assert stream.smoketest_id("1f") == "ethlogs:logs:smoketest-1f"


def test_the_prefix_of_a_streams_transactional_ids_is_that_of_no_other_stream() -> None:
    stream, longer = StreamSettings("logs"), StreamSettings("logs-2")
    for name in (stream.follower_id, stream.slot_id(0), stream.smoketest_id("x")):
        assert name.startswith(stream.id_prefix)
    assert not longer.follower_id.startswith(stream.id_prefix)

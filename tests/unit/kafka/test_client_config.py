"""Kafka's client settings: by Kafka's names, checked, and kept from the clients that do not know them."""

from __future__ import annotations

import traceback

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.net.transport import KafkaSSLTransport

from ethlogs.errors import SettingsError
from ethlogs.kafka import client_config
from ethlogs.kafka.client_config import (
    SLOT_LIMITS,
    admin_config,
    check_client_settings,
    consumer_config,
    producer_config,
)
from ethlogs.settings import KafkaSettings

HIDDEN = "hunter2"


def settings_with(*client: tuple[str, str]) -> KafkaSettings:
    return KafkaSettings("a:9092,b:9092", client)


@pytest.mark.parametrize("name", ["linger.ms", "linger_ms", "linger-ms", " linger.ms "])
def test_a_name_may_be_written_in_any_of_its_forms(name: str) -> None:
    check_client_settings(((name, "7"),))
    assert producer_config(settings_with((name, "7")), "id")["linger_ms"] == 7


@pytest.mark.parametrize(
    ("name", "value", "converted"),
    [
        ("ssl.check.hostname", "False", False),
        ("ssl.check.hostname", "true", True),
        ("request.timeout.ms", "20000", 20_000),
        ("security.protocol", "SASL_SSL", "SASL_SSL"),
        ("sasl.plain.password", "7", "7"),
        ("sasl.plain.password", "a=b, c", "a=b, c"),
    ],
)
def test_a_value_has_the_kind_of_the_clients_default(name: str, value: str, converted: object) -> None:
    check_client_settings(((name, value),))
    assert admin_config(settings_with((name, value)))[name.replace(".", "_")] == converted


@pytest.mark.parametrize(
    ("name", "kind"), [("linger.ms", "a number"), ("ssl.check.hostname", "true or false")]
)
def test_a_value_of_the_wrong_kind_is_refused_without_being_told(name: str, kind: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_client_settings(((name, HIDDEN),))
    assert str(caught.value) == f"--kafka-config {name} must be {kind}"
    assert HIDDEN not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("name", ["receive.buffer.bytes", "send.buffer.bytes"])
def test_a_number_without_a_default_must_be_a_number(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be a number"):
        check_client_settings(((name, HIDDEN),))
    assert producer_config(settings_with((name, "4096")), "id")[name.replace(".", "_")] == 4096


@pytest.mark.parametrize("codec", ["zipp", "LZ4", "", "uncompressed"])
def test_an_unknown_codec_is_refused(codec: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_client_settings((("compression.type", codec),))
    told = "--kafka-config compression.type must be one of none, gzip, snappy, lz4, zstd"
    assert str(caught.value) == told


@pytest.mark.parametrize(
    "option",
    [
        "ssl_context",
        "sasl_oauth_token_provider",
        "metric_reporters",
        "selector",
        "socket_options",
        "kafka_client",
        "partition_assignment_strategy",
        "default_offset_commit_callback",
    ],
)
def test_an_object_of_a_program_cannot_be_set(option: str) -> None:
    with pytest.raises(SettingsError, match="is an object of a program, which no text can give"):
        check_client_settings(((option, HIDDEN),))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("linger", "did you mean linger.ms?"),
        ("securityprotocol", "did you mean security.protocol?"),
        ("xyzzy", None),
    ],
)
def test_a_name_that_no_client_knows_is_refused_with_the_nearest(name: str, hint: str | None) -> None:
    with pytest.raises(SettingsError) as caught:
        check_client_settings(((name, HIDDEN),))
    assert str(caught.value) == f"--kafka-config {name} is not a setting of the Kafka client"
    assert caught.value.hint == hint


@pytest.mark.parametrize("option", sorted(client_config._OURS))
def test_what_the_guarantees_rest_on_cannot_be_set(option: str) -> None:
    with pytest.raises(SettingsError, match="the guarantees of ethlogs rest on its own value") as caught:
        check_client_settings(((option.replace("_", "."), HIDDEN),))
    assert HIDDEN not in str(caught.value)


@pytest.mark.parametrize("option", ["acks", "enable_idempotence", "transactional_id", "isolation_level"])
def test_the_settings_of_the_guarantees_are_ours(option: str) -> None:
    assert option in client_config._OURS


def test_every_name_of_ours_is_one_that_a_client_knows() -> None:
    known = {*KafkaProducer.DEFAULT_CONFIG, *KafkaConsumer.DEFAULT_CONFIG, *KafkaAdminClient.DEFAULT_CONFIG}
    assert known >= client_config._OURS


def test_each_client_gets_what_it_knows_and_nothing_else() -> None:
    settings = settings_with(("linger.ms", "7"), ("fetch.min.bytes", "9"), ("security.protocol", "SSL"))
    configs = (
        producer_config(settings, "id"),
        consumer_config(settings, "read_committed"),
        admin_config(settings),
    )
    assert [config.get("linger_ms") for config in configs] == [7, None, None]
    assert [config.get("fetch_min_bytes") for config in configs] == [None, 9, None]
    assert [config["security_protocol"] for config in configs] == ["SSL"] * 3
    for config, client in zip(configs, (KafkaProducer, KafkaConsumer, KafkaAdminClient), strict=True):
        assert config.keys() <= client.DEFAULT_CONFIG.keys()
        assert config["bootstrap_servers"] == ["a:9092", "b:9092"]


def test_the_users_values_come_before_ours() -> None:
    config = producer_config(settings_with(("batch.size", "1"), ("request.timeout.ms", "2")), "id")
    assert (config["batch_size"], config["request_timeout_ms"]) == (1, 2)


def test_no_client_waits_100_ms_before_its_first_records() -> None:
    settings = settings_with()
    configs = (
        producer_config(settings, "id"),
        consumer_config(settings, "read_committed"),
        admin_config(settings),
    )
    assert [config["retry_backoff_ms"] for config in configs] == [20] * 3
    assert producer_config(settings_with(("retry.backoff.ms", "70")), "id")["retry_backoff_ms"] == 70


def test_a_producer_waits_for_every_replica_in_a_transaction() -> None:
    config = producer_config(settings_with(), "an-id")
    assert (config["transactional_id"], config["acks"]) == ("an-id", "all")
    # A record's failure is known before the broker gives the transaction up.
    assert config["delivery_timeout_ms"] < config["transaction_timeout_ms"]
    assert config["max_block_ms"] < config["transaction_timeout_ms"]


def test_a_transaction_of_a_backfill_ends_by_itself_after_15_seconds() -> None:
    config = producer_config(settings_with(), "an-id", SLOT_LIMITS)
    assert config["transaction_timeout_ms"] == 15_000
    assert config["request_timeout_ms"] < config["delivery_timeout_ms"] < 15_000


def test_a_consumer_has_no_group_and_sees_what_it_is_told_to() -> None:
    config = consumer_config(settings_with(), "read_committed")
    assert (config["group_id"], config["enable_auto_commit"]) == (None, False)
    assert config["isolation_level"] == "read_committed"


def test_batches_are_compressed_unless_the_user_wants_them_otherwise() -> None:
    assert producer_config(settings_with(), "id")["compression_type"] == "lz4"
    assert producer_config(settings_with(("compression.type", "zstd")), "id")["compression_type"] == "zstd"
    assert producer_config(settings_with(("compression.type", "none")), "id")["compression_type"] is None


@pytest.mark.parametrize("name", ["linger.ms", "request.timeout.ms", "batch.size", "receive.buffer.bytes"])
@pytest.mark.parametrize(
    "value", ["1e3", "1_000", "\u0667", "", " ", "1.5", "nan", "inf", "0x10", "9" * 5000]
)
def test_what_javas_clients_take_for_no_number_is_none(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be a number"):
        check_client_settings(((name, value),))


@pytest.mark.parametrize("value", ["-2", "2147483648", "99999999999999"])
def test_a_number_that_no_client_can_wait_for_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=r"linger\.ms must be between -1 and 2147483647"):
        check_client_settings((("linger.ms", value),))


def test_a_reader_must_not_create_the_topic_that_it_reads() -> None:
    with pytest.raises(SettingsError, match="the guarantees"):
        check_client_settings((("allow.auto.create.topics", "true"),))


@pytest.mark.parametrize("name", ["ssl.ciphers", "ssl.crlfile"])
def test_a_setting_of_tls_that_the_client_does_not_use_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} has no effect"):
        check_client_settings(((name, "/crl.pem"),))


def test_the_settings_without_effect_are_those_that_the_library_does_not_use() -> None:
    """It fails when a new version uses them: then they need not be refused."""
    assert "ssl_ciphers" not in KafkaSSLTransport.DEFAULT_CONFIG
    with pytest.raises(TypeError, match="crl"):
        KafkaSSLTransport._build_ssl_context({**KafkaSSLTransport.DEFAULT_CONFIG, "ssl_crlfile": "/crl.pem"})


@pytest.mark.parametrize("name", ["proxy.url", "socks5.proxy"])
@pytest.mark.parametrize(
    "url",
    [
        "",
        f"me:{HIDDEN}@proxy:1080",
        f"ftp://me:{HIDDEN}@proxy:1",
        "socks5://",
        "http://proxy",
        "http://a:99999",
    ],
)
def test_a_proxy_of_another_form_is_refused_without_being_repeated(name: str, url: str) -> None:
    with pytest.raises(SettingsError, match="is not of the form") as caught:
        check_client_settings(((name, url),))
    assert HIDDEN not in f"{caught.value} {caught.value.hint}"
    check_client_settings(((name, "socks5h://proxy:1080"),))

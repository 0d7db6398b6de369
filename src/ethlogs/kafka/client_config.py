"""Kafka's client settings (``security.protocol``, ``linger.ms``, …) as kafka-python takes them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

from ethlogs.errors import SettingsError
from ethlogs.kafka.spelling import canonical_name
from ethlogs.settings import KafkaSettings

N = TypeVar("N", int, float)

MAX_RECORD_BYTES = 16 << 20
"""One event log can be several MB of hex: the block's gas bounds it, nothing else does."""

REQUEST_TIMEOUT_MS = 15_000
RETRY_BACKOFF_MS = 20
"""The wait before asking again.

kafka-python waits this long also where Java's clients do not: between finding a coordinator and using it,
before the first metadata of a topic, and while the previous transaction is still being completed (there
Java's producer waits 20 ms).
"""
DELIVERY_TIMEOUT_MS = 30_000
TRANSACTION_TIMEOUT_MS = 60_000
"""Longer than the delivery timeout, so that a record's failure is known before the broker gives up."""


@dataclass(frozen=True)
class ProducerLimits:
    """Time limits of a producer. A record's failure is known before the broker gives up."""

    transaction_ms: int
    delivery_ms: int
    request_ms: int


FOLLOWER_LIMITS = ProducerLimits(TRANSACTION_TIMEOUT_MS, DELIVERY_TIMEOUT_MS, REQUEST_TIMEOUT_MS)
SLOT_LIMITS = ProducerLimits(transaction_ms=15_000, delivery_ms=10_000, request_ms=5_000)
"""An open transaction hides everything behind it from consumers: one of a backfill that died ends soon."""

_OURS = frozenset(
    {
        "bootstrap_servers",
        "acks",
        "enable_idempotence",
        "transactional_id",
        "isolation_level",
        "auto_offset_reset",
        "group_id",
        "enable_auto_commit",
        "key_serializer",
        "value_serializer",
        "key_deserializer",
        "value_deserializer",
        "partitioner",
        "max_in_flight_requests_per_connection",
        "retries",
        "transaction_timeout_ms",
        "delivery_timeout_ms",
        "max_request_size",
        # A topic that is created by a reader has none of the settings that a stream needs.
        "allow_auto_create_topics",
    }
)
_FILES = frozenset({"ssl_cafile", "ssl_certfile", "ssl_keyfile"})
_BOOLEANS = {"true": True, "false": False}
_CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
_NUMBERS = frozenset({"receive_buffer_bytes", "send_buffer_bytes"})
"""Numbers whose default is the operating system's."""
_PROGRAMS = frozenset({"ssl_context", "sasl_oauth_token_provider"})
"""What a program alone can give, where the client's default is nothing."""
_WITHOUT_EFFECT = frozenset({"ssl_ciphers", "ssl_crlfile"})
"""Settings that the client has and its TLS does not use: who gives one would believe in it."""
_PROXIES = frozenset({"proxy_url", "socks5_proxy"})
_PROXY_SCHEMES = ("socks5", "socks5h", "http")
_TEXT_OR_NONE = (str, int, float, type(None))
_INTEGER = re.compile(r"[+-]?\d{1,30}", re.ASCII)
_LARGEST = 2**31 - 1
"""Java's clients have integers of 32 bits; a wait for longer is an error of the operating system."""


def check_client_settings(client: tuple[tuple[str, str], ...]) -> None:
    """Refuse a name that no client knows, a value of the wrong kind, and what the guarantees rest on.

    Raises
    ------
    SettingsError
        Naming the setting; never its value, which may be a password.
    """
    known = {
        **KafkaConsumer.DEFAULT_CONFIG,
        **KafkaAdminClient.DEFAULT_CONFIG,
        **KafkaProducer.DEFAULT_CONFIG,
    }
    for name, value in client:
        option = _option(name)
        if option in _OURS:
            raise SettingsError(
                f"--kafka-config {name} cannot be set: the guarantees of ethlogs rest on its own value",
                hint="leave it out",
            )
        if option not in known:
            near = difflib.get_close_matches(option, known, n=1)
            hint = f"did you mean {near[0].replace('_', '.')}?" if near else None
            raise SettingsError(f"--kafka-config {name} is not a setting of the Kafka client", hint=hint)
        if option in _PROGRAMS or not isinstance(known[option], _TEXT_OR_NONE):
            raise SettingsError(
                f"--kafka-config {name} is an object of a program, which no text can give",
                hint="leave it out",
            )
        if option in _WITHOUT_EFFECT:
            raise SettingsError(
                f"--kafka-config {name} has no effect: the Kafka client of this Python does not use it",
                hint="leave it out, and set it on the brokers",
            )
        if option in _PROXIES and not _can_be_proxy(value):
            raise SettingsError(
                f"--kafka-config {name} is not of the form socks5://HOST:PORT",
                hint=f"the schemes are {', '.join(_PROXY_SCHEMES)}",
            )
        _convert(name, value, known)
        if option == "compression_type" and value not in _CODECS:
            raise SettingsError(f"--kafka-config {name} must be one of {', '.join(_CODECS)}")


def uses_proxy(settings: KafkaSettings) -> bool:
    """Return whether the brokers are reached through a proxy of the client's settings."""
    return any(_option(name) in _PROXIES for name, _ in settings.client)


def uses_gssapi(settings: KafkaSettings) -> bool:
    """Return whether Kafka is reached with a Kerberos ticket."""
    client = dict(settings.client)
    protocol, mechanism = client.get("security.protocol", ""), client.get("sasl.mechanism")
    return protocol.startswith("SASL") and mechanism == "GSSAPI"


def names_file(name: str) -> bool:
    """Return whether the value of a setting is the path of a file."""
    return _option(name) in _FILES


def producer_config(
    settings: KafkaSettings, transactional_id: str, limits: ProducerLimits = FOLLOWER_LIMITS
) -> dict[str, Any]:
    """Settings of a transactional producer; every wait has a limit below the transaction's.

    Batches of 512 KiB carry 4 to 6 times the records a second of the default's 16 KiB. lz4 costs the driver
    least of all codecs.
    """
    config = _with_client(
        settings,
        KafkaProducer.DEFAULT_CONFIG,
        {
            "transactional_id": transactional_id,
            "acks": "all",
            "transaction_timeout_ms": limits.transaction_ms,
            "delivery_timeout_ms": limits.delivery_ms,
            "request_timeout_ms": limits.request_ms,
            "max_block_ms": limits.delivery_ms,
            "max_request_size": MAX_RECORD_BYTES,
            "batch_size": 512 << 10,
            "compression_type": "lz4",
            "linger_ms": 50,
            "allow_auto_create_topics": False,
        },
    )
    if config["compression_type"] == "none":  # Kafka's word for what the library calls None
        config["compression_type"] = None
    return config


def codec_of(settings: KafkaSettings) -> str | None:
    """Return the codec of a producer's batches; ``None`` where they are not compressed."""
    codec: str | None = producer_config(settings, "")["compression_type"]
    return codec


def consumer_config(settings: KafkaSettings, isolation_level: str) -> dict[str, Any]:
    """Settings of a consumer without a group."""
    return _with_client(
        settings,
        KafkaConsumer.DEFAULT_CONFIG,
        {
            "group_id": None,
            "enable_auto_commit": False,
            "isolation_level": isolation_level,
            # Every read begins at an offset that the ledger or the broker named. Where retention has
            # deleted that one meanwhile, continuing elsewhere would hide it.
            "auto_offset_reset": "none",
            "request_timeout_ms": REQUEST_TIMEOUT_MS,
            "fetch_max_wait_ms": 100,
            "max_partition_fetch_bytes": 8 << 20,
            "allow_auto_create_topics": False,
        },
    )


def admin_config(settings: KafkaSettings) -> dict[str, Any]:
    """Settings of an admin client."""
    return _with_client(settings, KafkaAdminClient.DEFAULT_CONFIG, {"request_timeout_ms": REQUEST_TIMEOUT_MS})


def _with_client(settings: KafkaSettings, known: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    users = {
        _option(name): _convert(name, value, known)
        for name, value in settings.client
        if _option(name) in known
    }
    common = {
        "bootstrap_servers": settings.bootstrap_servers.split(","),
        "bootstrap_timeout_ms": 10_000,
        # The default's 30 s keep a client away from a broker that restarted in two.
        "reconnect_backoff_max_ms": 1_000,
        "retry_backoff_ms": RETRY_BACKOFF_MS,
    }
    return {key: value for key, value in {**common, **ours, **users}.items() if key in known}


def _can_be_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in _PROXY_SCHEMES and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        return False


def _option(name: str) -> str:
    return canonical_name(name).replace(".", "_")


def _convert(name: str, value: str, known: Mapping[str, Any]) -> Any:
    """The text as the kind of the client's default value."""
    option = _option(name)
    default = 0 if option in _NUMBERS else known[option]
    try:
        if isinstance(default, bool):
            return _BOOLEANS[value.strip().lower()]
        if isinstance(default, int):
            return _bounded(name, _to_integer(value))
        if isinstance(default, float):
            return _bounded(name, float(value))
    except (KeyError, ValueError):
        kind = "true or false" if isinstance(default, bool) else "a number"
        # The cause repeats the value.
        raise SettingsError(f"--kafka-config {name} must be {kind}") from None
    return value


def _to_integer(value: str) -> int:
    if _INTEGER.fullmatch(value.strip()) is None:
        raise ValueError
    return int(value)


def _bounded(name: str, number: N) -> N:
    """Return the number. With -1 Kafka means the default, or a wait without a limit."""
    if not -1 <= number <= _LARGEST:
        raise SettingsError(f"--kafka-config {name} must be between -1 and {_LARGEST}")
    return number

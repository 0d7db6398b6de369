"""Checking options as a user gives them into settings that can be used: files read, forms checked."""

from __future__ import annotations

import re
from pathlib import Path

from ethlogs.errors import SettingsError
from ethlogs.kafka.client_config import check_client_settings
from ethlogs.kafka.servers import check_servers
from ethlogs.kafka.spelling import PROTOCOL, PROTOCOLS
from ethlogs.node import check_url
from ethlogs.node.headers import Headers, HostHeaders, headers_for, parse_headers
from ethlogs.notify import Notify
from ethlogs.private_files import describe_readers
from ethlogs.settings import (
    BrokerOptions,
    KafkaSettings,
    NodeOptions,
    NodeSettings,
    StreamSettings,
    display_url,
)
from ethlogs.settings.submission import EnvironmentOptions, SparkSettings

# Kafka takes 249; the longest name that follows from --topic has ".smoketest.ledger" behind it.
_TOPIC_NAME = re.compile(r"[a-zA-Z0-9._-]{1,232}")


def check_node(options: NodeOptions, notify: Notify) -> NodeSettings:
    """Return the node's settings.

    Raises
    ------
    SettingsError
        When there is no URL, one of them has a wrong form, or a file cannot be read.
    """
    if not options.urls:
        raise SettingsError(
            "no node is given",
            hint="give --node-url http://HOST:8545, set ETHLOGS_NODE_URL, or node-url in ethlogs.toml",
        )
    for url in options.urls:
        try:
            check_url(url)
        except SettingsError as exc:
            raise SettingsError(f"--node-url: {exc}", hint=exc.hint, flag="--node-url") from None
    if options.ca_file is not None and not Path(options.ca_file).is_file():
        raise SettingsError(
            f"--node-ca-file {options.ca_file} is not a file",
            hint="is the path right?",
            flag="--node-ca-file",
        )
    headers, host_headers = (
        _read_headers(Path(options.header_file), notify) if options.header_file else ((), ())
    )
    settings = NodeSettings(
        urls=options.urls,
        request_timeout_seconds=options.timeout,
        patience_seconds=options.patience,
        ca_file=options.ca_file and str(Path(options.ca_file).absolute()),
        headers=headers,
        host_headers=host_headers,
    )
    for url in options.urls:
        if options.header_file and not url.startswith("ipc:") and not headers_for(url, settings):
            notify(f"--node-header-file has no header for {display_url(url)}")
    return settings


def _read_headers(path: Path, notify: Notify) -> tuple[Headers, HostHeaders]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
        raise SettingsError(
            f"--node-header-file {path} cannot be read: {reason}",
            hint="give a text file that you can read, with one NAME: VALUE in each line",
            flag="--node-header-file",
        ) from None
    headers = parse_headers(text, f"--node-header-file {path}")
    warning = describe_readers("--node-header-file", path)
    if warning is not None:
        notify(f"warning: {warning}")
    return headers


def check_kafka(
    brokers: BrokerOptions,
    client: tuple[tuple[str, str], ...],
    patience_seconds: float,
    *,
    with_security: bool = True,
) -> KafkaSettings:
    """Return Kafka's settings; without ``with_security`` they are for no connection.

    Raises
    ------
    SettingsError
        When there is no broker, or it or a client setting has a wrong form.
    """
    servers = brokers.bootstrap_server
    if not servers:
        raise SettingsError(
            "no Kafka broker is given",
            hint="give --bootstrap-server HOST:9092, set ETHLOGS_BOOTSTRAP_SERVER, or bootstrap-server in"
            " ethlogs.toml",
        )
    check_client_settings(client)
    protocol = dict(client).get(PROTOCOL, PROTOCOLS[0]) if with_security else None
    return KafkaSettings(check_servers(servers, protocol), client, patience_seconds)


def check_stream(stream: StreamSettings) -> StreamSettings:
    """Return the stream's settings.

    Raises
    ------
    SettingsError
        When a name is not one that Kafka accepts for a topic.
    """
    if not _TOPIC_NAME.fullmatch(stream.topic) or stream.topic in (".", ".."):
        raise SettingsError(
            f"--topic {stream.topic!r} is not a name that Kafka accepts for a topic",
            hint="letters, digits, '.', '_' and '-', at most 232 of them",
            flag="--topic",
        )
    return stream


def check_spark(spark: SparkSettings) -> SparkSettings:
    """Return Spark's settings.

    Raises
    ------
    SettingsError
        When the properties file does not exist.
    """
    file = spark.properties_file
    if file and not Path(file).is_file():
        raise SettingsError(
            f"--properties-file {file} does not exist",
            hint="give the path of a file like Spark's spark-defaults.conf, or leave it out",
            flag="--properties-file",
        )
    return spark


def check_environment(environment: EnvironmentOptions) -> EnvironmentOptions:
    """Return the environment's settings.

    Raises
    ------
    SettingsError
        When more than one source is given.
    """
    sources = {
        "--env-file": environment.env_file,
        "--env-prefix": environment.env_prefix,
        "--env-name": environment.env_name,
    }
    flags = [flag for flag, value in sources.items() if value]
    if len(flags) > 1:
        raise SettingsError(f"{' and '.join(flags)} exclude each other", hint="give one of them")
    return environment


def check_archive(path: str) -> Path:
    """Return the local file of ``--env-archive``.

    Raises
    ------
    SettingsError
        When there is none.
    """
    if not Path(path).is_file():
        raise missing_archive(path)
    return Path(path)


def missing_archive(place: str) -> SettingsError:
    """Return the error of an ``--env-archive`` that is not there, on this machine or on HDFS."""
    return SettingsError(
        f"--env-archive {place} does not exist",
        hint="ethlogs pack makes an archive, and with --upload puts it on HDFS; without --env-archive the run"
        " packs the environment itself",
        flag="--env-archive",
    )

"""The options, each defined once: a flag, an environment variable ``ETHLOGS_…``, a key of ethlogs.toml."""

from __future__ import annotations

import functools
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from ethlogs.cli.config_file import load_config
from ethlogs.cli.display import say
from ethlogs.cli.origin import with_origin
from ethlogs.cli.values import Count, KeyValue, Seconds
from ethlogs.environment import PackSettings
from ethlogs.errors import SettingsError
from ethlogs.kafka.client_config import check_client_settings
from ethlogs.node import check_url
from ethlogs.node.headers import Headers, HostHeaders, parse_headers
from ethlogs.settings import KafkaSettings, NodeSettings, Proof, ProofSettings, StreamSettings

F = TypeVar("F", bound=Callable[..., Any])
Decorator = Callable[[F], F]

NODE_SETTINGS = ("node_url", "node_timeout", "patience", "node_ca_file", "node_header_file")
"""The options of :func:`node_settings`."""

# Kafka takes 249; the longest name that follows from --topic has ".smoketest.ledger" behind it.
_TOPIC_NAME = re.compile(r"[a-zA-Z0-9._-]{1,232}")
"""As Kafka's brokers check it (org.apache.kafka.common.internals.Topic)."""


def setting(flag: str, *more: str, **attributes: Any) -> Decorator[F]:
    """An option that is also an environment variable, and a key of ethlogs.toml by its name."""
    variable = "ETHLOGS_" + flag.split("/")[0].lstrip("-").replace("-", "_").upper()
    return click.option(flag, *more, envvar=variable, show_envvar=True, **attributes)


def combined(*options: Decorator[Any]) -> Decorator[F]:
    """Several options as one decorator, in the order of ``--help``."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


config_option: Decorator[Any] = setting(
    "--config",
    type=click.Path(dir_okay=False),
    is_eager=True,
    expose_value=False,
    callback=load_config,
    help="Settings file; else ethlogs.toml here, else in the user's configuration folder.",
)

node_options: Decorator[Any] = combined(
    setting(
        "--node-url",
        multiple=True,
        metavar="URL",
        help="The node's JSON-RPC: http(s)://… or ipc:///path. Repeat for fail-over.",
    ),
    setting(
        "--node-ca-file",
        metavar="FILE",
        help="CA certificates (PEM) for https URLs. [default: REQUESTS_CA_BUNDLE, else the usual ones]",
    ),
    setting(
        "--node-header-file",
        metavar="FILE",
        help="HTTP headers, like a token, one 'Name: value' per line, for the first --node-url and its host;"
        " those of another host follow a line [https://HOST]. chmod 600 it.",
    ),
    setting(
        "--node-timeout",
        type=Seconds(min=0.1),
        default=30.0,
        show_default=True,
        metavar="SECONDS",
        help="Limit of one request to the node.",
    ),
    setting(
        "--patience",
        type=Seconds(min=0),
        default=300.0,
        show_default=True,
        metavar="SECONDS",
        help="How long the node or Kafka may fail or lag before the run gives up.",
    ),
)

_proof_flags: Decorator[Any] = combined(
    setting(
        "--proof",
        type=click.Choice(["auto", "block", "receipts"]),
        default="auto",
        show_default=True,
        help="Weakest proof of a block to accept; auto takes the strongest that a node gives.",
    ),
    setting(
        "--unchecked-headers",
        is_flag=True,
        help="Accept headers with unknown fields, whose hash cannot be checked; the ledger says so.",
    ),
)


def proof_options(function: F) -> F:
    """``--proof`` and ``--unchecked-headers``, given to the command as one ``proof: ProofSettings``."""

    @functools.wraps(function)
    def with_proof(*args: Any, proof: Proof, unchecked_headers: bool, **given: Any) -> Any:
        return function(*args, proof=ProofSettings(proof, unchecked_headers), **given)

    return cast(F, _proof_flags(with_proof))


kafka_options: Decorator[Any] = combined(
    setting("--bootstrap-server", metavar="HOST:PORT,…", help="Kafka brokers to begin with."),
    setting(
        "--command-config",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        help="client.properties as Kafka's own tools take it: security.protocol, sasl.*, ssl.*.",
    ),
    setting(
        "--kafka-config",
        type=KeyValue(),
        multiple=True,
        help="A setting of the Kafka client by Kafka's own name, like security.protocol=SSL. Repeatable.",
    ),
)

kerberos_options: Decorator[Any] = combined(
    setting("--principal", metavar="NAME@REALM", help="Whose ticket to work with."),
    setting("--keytab", metavar="FILE|hdfs:…", help="The principal's key, to obtain and renew the ticket."),
    setting(
        "--kerberos-service-name",
        metavar="NAME",
        help="The first part of the brokers' principals. [default: kafka]",
    ),
    setting("--krb5-conf", metavar="FILE", help="Kerberos' settings. [default: the machine's own]"),
)

stream_options: Decorator[Any] = combined(
    setting("--topic", default="eth_eventlogs", show_default=True, help="The event-log topic."),
)

creation_options: Decorator[Any] = combined(
    setting("--create-topics/--no-create-topics", default=False, help="Create missing topics."),
    setting(
        "--partitions",
        type=Count(min=1),
        help="Of an event-log topic that is created. [default: the broker's]",
    ),
    setting(
        "--replication-factor",
        type=Count(min=1),
        help="Of a topic that is created. [default: the broker's]",
    ),
)

spark_options: Decorator[Any] = combined(
    setting(
        "--master", metavar="URL", help="Where the driver runs, as spark-submit takes it, like local[*]."
    ),
    setting("--driver-memory", metavar="SIZE", help="The driver's JVM memory, like 1g."),
    setting("--conf", type=KeyValue(), multiple=True, help="A Spark setting. Repeatable."),
    setting("--properties-file", metavar="FILE", help="Spark settings; else conf/spark-defaults.conf."),
    setting("--name", help="The application's name."),
    setting("--spark-submit", metavar="PATH", help="Else SPARK_HOME's, the one on PATH, or pyspark's."),
    setting(
        "--run-dir",
        type=click.Path(file_okay=False),
        metavar="DIR",
        help="Where the folders of runs are made. [default: the user's state folder]",
    ),
)

pack_options: Decorator[Any] = combined(
    setting(
        "--env-file",
        metavar="FILE",
        help="conda-env.yml or requirements.txt of the driver's environment. [default: the one of ethlogs]",
    ),
    setting("--env-prefix", metavar="DIR", help="An environment that conda, mamba or micromamba made."),
    setting("--env-name", metavar="NAME", help="The same by its name."),
    setting("--glibc", metavar="VERSION", help="The cluster's glibc, where it is older than this machine's."),
)

hdfs_dir_option: Decorator[Any] = setting(
    "--hdfs-dir",
    metavar="DIR",
    help="Where runs and archives are on HDFS. [default: .ethlogs in your home there]",
)

yarn_options: Decorator[Any] = combined(
    setting("--queue", metavar="QUEUE", help="YARN's queue. [default: Spark's setting]"),
    setting("--driver-cores", type=Count(min=1), help="Of the driver's container."),
    setting(
        "--num-executors",
        type=Count(min=0),
        help="Executors to hold. [default: none, since following needs none]",
    ),
    setting("--executor-memory", metavar="SIZE", help="Of each executor's JVM, like 1g."),
    setting("--proxy-user", metavar="USER", help="Run the application as this user."),
    setting(
        "--max-app-attempts",
        type=Count(min=1),
        help="How often YARN starts the driver. [default: the cluster's]",
    ),
    setting(
        "--env-archive",
        metavar="FILE|URL",
        help="A packed environment, here or on HDFS. [default: packed on the way, see ethlogs pack]",
    ),
    hdfs_dir_option,
    setting(
        "--submit-timeout",
        type=Seconds(min=0, min_open=True),
        metavar="SECONDS",
        help="How long to wait for a container. [default: as long as it takes]",
    ),
)

timeout_option: Decorator[Any] = setting(
    "--timeout",
    type=Seconds(min=0, min_open=True),
    metavar="SECONDS",
    help="End with status 11 when it has not ended by then.",
)

json_option: Decorator[Any] = setting("--json", "as_json", is_flag=True, help="JSON on stdout.")

verbosity_options: Decorator[Any] = combined(
    click.option("-v", "--verbose", is_flag=True, help="Tracebacks, and the driver's own output."),
    click.option("-q", "--quiet", is_flag=True, help="No progress on stderr, only errors."),
)


def pack_settings(given: Mapping[str, Any]) -> PackSettings:
    """Which environment to pack, from the options."""
    names = [name for name in ("env_file", "env_prefix", "env_name") if given[name]]
    if len(names) > 1:
        flags = " and ".join(f"--{name.replace('_', '-')}" for name in names)
        raise SettingsError(f"{flags} exclude each other", hint="give one of them")
    return PackSettings(given["env_file"], given["env_prefix"], given["env_name"], given["glibc"])


def existing_archive(path: str) -> Path:
    """The local file of ``--env-archive``."""
    if not Path(path).is_file():
        raise SettingsError(f"--env-archive {path} does not exist")
    return Path(path)


def node_settings(
    node_url: Sequence[str],
    node_timeout: float,
    patience: float,
    node_ca_file: str | None = None,
    node_header_file: str | None = None,
) -> NodeSettings:
    """The node's settings from the options."""
    if not node_url:
        raise SettingsError(
            "no node is given",
            hint="give --node-url http://HOST:8545, set ETHLOGS_NODE_URL, or node-url in ethlogs.toml",
        )
    for url in node_url:
        _check_node_url(url)
    if node_ca_file is not None and not Path(node_ca_file).is_file():
        raise SettingsError(f"--node-ca-file {node_ca_file} is not a file", hint="is the path right?")
    ca_file = node_ca_file and str(Path(node_ca_file).absolute())
    headers, host_headers = _read_headers(Path(node_header_file)) if node_header_file else ((), ())
    return NodeSettings(tuple(node_url), node_timeout, patience, ca_file, headers, host_headers)


def _check_node_url(url: str) -> None:
    try:
        check_url(url)
    except SettingsError as exc:
        raise SettingsError(f"{with_origin('--node-url')}: {exc}", hint=exc.hint) from None


def _read_headers(path: Path) -> tuple[Headers, HostHeaders]:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
        raise SettingsError(f"--node-header-file {path} cannot be read: {reason}") from None
    headers = parse_headers(text, f"--node-header-file {path}")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        say(f"warning: others can read --node-header-file {path}; chmod 600 it")
    return headers


def kafka_settings(
    bootstrap_server: str | None, kafka_config: Sequence[tuple[str, str]], patience: float
) -> KafkaSettings:
    """Kafka's settings from the options."""
    if not bootstrap_server:
        raise SettingsError(
            "no Kafka broker is given",
            hint="give --bootstrap-server HOST:9092, set ETHLOGS_BOOTSTRAP_SERVER, or bootstrap-server in"
            " ethlogs.toml",
        )
    _check_bootstrap(bootstrap_server)
    check_client_settings(tuple(kafka_config))
    return KafkaSettings(bootstrap_server, tuple(kafka_config), patience)


def stream_settings(topic: str) -> StreamSettings:
    """The stream's topics from the options."""
    if not _TOPIC_NAME.fullmatch(topic) or topic in (".", ".."):
        raise SettingsError(
            f"{with_origin('--topic')} {topic!r} is not a name that Kafka takes for a topic",
            hint="letters, digits, '.', '_' and '-', at most 232 of them",
        )
    return StreamSettings(topic)


def _check_bootstrap(text: str) -> None:
    for part in text.split(","):
        host, separator, port = part.strip().rpartition(":")
        if not separator or not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise SettingsError(
                f"{with_origin('--bootstrap-server')} {text!r} is not of the form HOST:PORT,HOST:PORT",
                hint="Kafka's usual port is 9092",
            )

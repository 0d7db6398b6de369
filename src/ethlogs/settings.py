"""What a run is told: frozen value objects, made once at the edge and passed down.

They travel from the submitter to the driver as one JSON file (:func:`to_json`, :func:`from_json`).
Whatever may hold a secret (node URLs, Kafka client settings) is left out of every ``repr``.
"""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

import orjson

from ethlogs.errors import SettingsError

Proof = Literal["auto", "block", "receipts"]
Head = Literal["latest", "safe", "finalized"]
Job = Literal["produce", "smoketest", "doctor"]

T = TypeVar("T")


def display_url(url: str) -> str:
    """The URL without what may be a secret: user, password, path below the root, query."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(a URL that cannot be read)"
    if parts.scheme == "ipc":
        return url
    if not parts.hostname:
        return "(a URL without a host)"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    secret = parts.path not in ("", "/") or bool(parts.query)
    return f"{parts.scheme}://{host}{port}{'/…' if secret else ''}"


@dataclass(frozen=True)
class NodeSettings:
    """Where the Ethereum nodes are and how long to bear with them."""

    urls: tuple[str, ...] = field(repr=False)
    request_timeout_seconds: float = 30.0
    patience_seconds: float = 300.0
    """How long a node may fail, lag or answer too early before the run ends with status 6."""
    ca_file: str | None = None
    """Certificates (PEM) by which an https URL's is checked; else those of requests."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Sent to the first URL and to others of its host, a token for example."""
    host_headers: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)
    """Sent to other hosts: the URL that names the host, the header's name and its value."""


@dataclass(frozen=True)
class KafkaSettings:
    """How to reach Kafka; ``client`` holds Kafka's own client settings by their own names."""

    bootstrap_servers: str
    client: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    patience_seconds: float = 300.0
    """How long Kafka may fail before the run ends with status 7."""

    @property
    def hosts(self) -> list[str]:
        """The hosts of ``bootstrap_servers``."""
        return [server.strip().rpartition(":")[0] for server in self.bootstrap_servers.split(",")]


@dataclass(frozen=True)
class KerberosSettings:
    """Whose ticket a run holds, and from which key; paths are those of where the run is."""

    principal: str
    keytab: str | None
    """``None`` in a container stands for the file that Spark has put there."""
    service_name: str = "kafka"
    """The first part of the brokers' principals."""
    krb5_conf: str | None = None
    """Else the machine's own."""


@dataclass(frozen=True)
class StreamSettings:
    """The event-log topic of a stream; the names of everything else of it follow from that one."""

    topic: str = "eth_eventlogs"

    @property
    def ledger_topic(self) -> str:
        """The ledger. There is no other name for it: two ledgers would be two writers on one topic."""
        return f"{self.topic}.ledger"

    @property
    def id_prefix(self) -> str:
        """The beginning of every transactional id of this stream and of no other.

        A colon is in no topic's name, so that one prefixed ACL grants this stream and nothing else.
        """
        return f"ethlogs:{self.topic}:"

    @property
    def follower_id(self) -> str:
        """The follower's transactional id."""
        return f"{self.id_prefix}follower"

    def slot_id(self, slot: int) -> str:
        """The transactional id of one slot of the backfill."""
        return f"{self.id_prefix}slot-{slot}"

    def smoketest_id(self, suffix: str) -> str:
        """The transactional id of one smoketest."""
        return f"{self.id_prefix}smoketest-{suffix}"

    @property
    def smoketest_topic(self) -> str:
        """Where a smoketest produces: never a stream."""
        return f"{self.topic}.smoketest"


@dataclass(frozen=True)
class TopicCreation:
    """Whether to create missing topics; ``None`` leaves a number to the broker's default."""

    create: bool = False
    partitions: int | None = None
    replication_factor: int | None = None


@dataclass(frozen=True)
class RangeSettings:
    """Which heights a run is asked for; with neither ``blocks`` nor ``to`` it has no end."""

    blocks: int | None = None
    to: int | None = None
    start: str | None = None
    """``latest``, ``earliest`` or a height; ``None`` goes on after the tip, or begins at the latest."""
    allow_gap: bool = False


@dataclass(frozen=True)
class ProofSettings:
    """What must be shown of a block before it counts as proven."""

    least: Proof = "auto"
    """The weakest proof that is accepted; ``auto`` takes the strongest that a node gives."""
    unchecked_headers: bool = False
    """Consent to headers with fields that this version does not know, whose hash cannot be checked."""

    def __post_init__(self) -> None:
        if self.least == "block":
            raise SettingsError(
                "this version of ethlogs cannot prove whole blocks yet: --proof block is not available",
                hint="use --proof auto, which takes the strongest proof that there is",
            )


@dataclass(frozen=True)
class FollowSettings:
    """How blocks are chosen and proven."""

    head: Head = "latest"
    confirmations: int = 0
    proof: ProofSettings = ProofSettings()
    reorg_window: int = 128
    """How deep a reorg may be that is retracted by itself, in one transaction."""
    rewind: bool = False
    """Consent to retract a deeper one."""


@dataclass(frozen=True)
class RunSettings:
    """Everything that a driver needs to know."""

    run: str
    job: Job
    node: NodeSettings
    kafka: KafkaSettings
    stream: StreamSettings = StreamSettings()
    topics: TopicCreation = TopicCreation()
    range: RangeSettings = RangeSettings()
    follow: FollowSettings = FollowSettings()
    timeout_seconds: float | None = None
    kerberos: KerberosSettings | None = None


def to_json(settings: object) -> bytes:
    """Encode a settings object, secrets included: for a file that only its owner can read."""
    return orjson.dumps(settings, option=orjson.OPT_INDENT_2)


def from_json(cls: type[T], data: bytes) -> T:
    """Decode what :func:`to_json` wrote.

    Raises
    ------
    SettingsError
        When the text is not JSON or does not have the shape of ``cls``.
    """
    try:
        return typing.cast(T, _build(cls, orjson.loads(data)))
    except (orjson.JSONDecodeError, TypeError, KeyError, ValueError) as exc:
        raise SettingsError(f"the settings file cannot be read as {cls.__name__}: {exc}") from exc


def _build(kind: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        _check_type(value, dict)
        hints = typing.get_type_hints(kind)
        unknown = set(value) - {f.name for f in fields(kind)}
        if unknown:
            raise ValueError(f"unknown keys {sorted(unknown)}")
        return kind(**{name: _build(hints[name], item) for name, item in value.items()})
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _build(arguments[0], value)
    if origin is tuple:
        _check_type(value, list)
        kinds = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else arguments
        return tuple(_build(item_kind, item) for item_kind, item in zip(kinds, value, strict=True))
    if origin is Literal:
        if value not in arguments:
            raise ValueError(f"{value!r} is none of {arguments}")
        return value
    if kind is float and type(value) is int:
        return float(value)
    _check_type(value, kind)
    return value


def _check_type(value: Any, kind: type) -> None:
    # Exactly: True is an int to isinstance. The value may be a secret, so it is not told.
    if type(value) is not kind:
        raise TypeError(f"a value is of type {type(value).__name__}, not {kind.__name__}")

"""``--command-config`` and ``--kafka-config``: Kafka's own client settings, as kafka-python's.

The names are those of Kafka's client configuration; what cannot be honoured is named, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ethlogs.errors import SettingsError
from ethlogs.kafka.jaas import parse_jaas
from ethlogs.kafka.properties import read_properties
from ethlogs.kafka.spelling import (
    CHECK_HOSTNAME,
    DEFAULT_MECHANISM,
    MECHANISM,
    PROTOCOL,
    normalize_connection,
    normalize_names,
    warn_of_weak_security,
)
from ethlogs.kafka.stores import KeyStore, StoreFolder, TrustStore
from ethlogs.private_files import describe_readers, has_secret

_KAFKA_CONFIG = "--kafka-config"
_JAAS = "sasl.jaas.config"
_OTHER_PROGRAMS = re.compile(r"[\w.-]+\.((?:sasl|ssl|security)\.[\w.]+)")
"""A setting of the connection behind a prefix, as Connect, Spring and others have it."""
_REFERENCE = re.compile(r"\$\{\w+:[^}]*}")
"""A value that a provider of ``config.providers`` fills in (KIP-297)."""
_IDENTIFICATION = "ssl.endpoint.identification.algorithm"
_PUBLIC_PASSWORD = "ssl.truststore.password"  # noqa: S105 - of certificates, which everybody may see
_PRIVATE_KEY = "ssl.keystore.key"
_PASSED = frozenset({PROTOCOL, MECHANISM, "sasl.kerberos.service.name", "client.id"})
_WITHOUT_MEANING = frozenset(
    {
        # Of Java's own implementations; nothing of what they do is lost.
        "sasl.kerberos.kinit.cmd",
        "sasl.kerberos.min.time.before.relogin",
        "sasl.kerberos.ticket.renew.jitter",
        "sasl.kerberos.ticket.renew.window.factor",
        "ssl.protocol",
        "ssl.provider",
        "ssl.keymanager.algorithm",
        "ssl.trustmanager.algorithm",
        "ssl.secure.random.implementation",
    }
)
_STORES = frozenset(
    {
        "ssl.truststore.location",
        "ssl.truststore.type",
        "ssl.truststore.password",
        "ssl.truststore.certificates",
        "ssl.keystore.location",
        "ssl.keystore.type",
        "ssl.keystore.password",
        "ssl.key.password",
        "ssl.keystore.key",
        "ssl.keystore.certificate.chain",
    }
)
_KAFKAS_OWN = _PASSED | _WITHOUT_MEANING | _STORES | {_JAAS, _IDENTIFICATION}
"""Names of Kafka's clients that mean the same in ``--kafka-config``; its other names are kafka-python's."""

_MODULES = {
    "org.apache.kafka.common.security.plain.PlainLoginModule": ("PLAIN",),
    "org.apache.kafka.common.security.scram.ScramLoginModule": ("SCRAM-SHA-256", "SCRAM-SHA-512"),
    "com.sun.security.auth.module.Krb5LoginModule": ("GSSAPI",),
}


@dataclass(frozen=True)
class CommandConfig:
    """The settings of the file, with each name and value as kafka-python takes it."""

    client: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """For kafka-python."""
    bootstrap_servers: str | None = None
    principal: str | None = None
    keytab: str | None = None
    ignored: tuple[str, ...] = ()
    """Keys of the file that have nothing to do with the connection, like ``group.id``."""
    warnings: tuple[str, ...] = ()


def read_client_settings(
    path: Path | None, kafka_config: Iterable[tuple[str, str]], folder: StoreFolder
) -> CommandConfig:
    """Read the file and the settings that take precedence over it.

    ``folder`` gets the PEM files that stores are converted into.

    Raises
    ------
    SettingsError
        When one cannot be read or honoured. No value is repeated: it may be a password.
    """
    own = normalize_names(kafka_config, _KAFKA_CONFIG)
    kafkas = {name: value for name, value in own.items() if name in _KAFKAS_OWN}
    config = _Reader(path, kafkas, folder).read()
    client = normalize_connection(
        dict(config.client) | {name: value for name, value in own.items() if name not in kafkas}
    )
    warnings = (*config.warnings, *warn_of_weak_security(client))
    return replace(config, client=tuple(client.items()), warnings=warnings)


def read_command_config(path: Path, folder: StoreFolder) -> CommandConfig:
    """Read the file alone.

    Raises
    ------
    SettingsError
        When it cannot be read, or a key of it cannot be honoured.
    """
    return read_client_settings(path, (), folder)


class _Reader:
    """Settings being read: what is left is what nobody has taken yet."""

    def __init__(self, path: Path | None, kafka_config: Mapping[str, str], folder: StoreFolder) -> None:
        self._path = path
        self._kafka_config = kafka_config
        self._file = read_properties(path) if path else {}
        self._left = self._file | dict(kafka_config)
        self._folder = folder
        self._client: dict[str, str] = {}
        self._kerberos: dict[str, str] = {}

    def read(self) -> CommandConfig:
        self._refuse_references()
        bootstrap_servers = self._left.pop("bootstrap.servers", None)
        self._client |= {name: self._left.pop(name) for name in sorted(_PASSED & self._left.keys())}
        self._take(_JAAS, self._read_jaas)
        self._take(_IDENTIFICATION, self._read_identification)
        self._read_stores()
        for name in sorted(_WITHOUT_MEANING & self._left.keys()):
            del self._left[name]
        self._refuse_other_programs()
        refused = sorted(name for name in self._left if name.startswith(("sasl.", "ssl.", "security.")))
        if refused:
            raise SettingsError(
                f"{self._where(refused[0])}: ethlogs cannot honour {', '.join(refused)}",
                hint="take it out where the connection does not need it",
            )
        return CommandConfig(
            tuple(self._client.items()),
            bootstrap_servers,
            self._kerberos.get("principal"),
            self._kerberos.get("keyTab"),
            tuple(sorted(self._left)),
            tuple(self._warn_of_readers()),
        )

    def _warn_of_readers(self) -> Iterator[str]:
        secrets = {name: value for name, value in self._file.items() if name != _PUBLIC_PASSWORD}
        if self._path is not None and (_PRIVATE_KEY in secrets or has_secret(secrets)):
            warning = describe_readers("--command-config", self._path)
            if warning is not None:
                yield warning

    def _refuse_other_programs(self) -> None:
        """Refuse a file that secures the connection in other programs' words alone: it would be in clear."""
        for name in sorted(self._left) if PROTOCOL not in self._client else ():
            match = _OTHER_PROGRAMS.fullmatch(name)
            if match is not None:
                raise SettingsError(
                    f"{self._where(name)}: {name} is a setting of another program, and {PROTOCOL} is not"
                    " given: everything would be sent in clear text",
                    hint=f"write {match.group(1)} in the place of {name}, as Kafka's own tools read it",
                )

    def _refuse_references(self) -> None:
        """Refuse a value that another place has: as text it would be sent as the password itself."""
        referring = [name for name, value in sorted(self._file.items()) if _REFERENCE.search(value)]
        if referring and "config.providers" in self._file:
            raise SettingsError(
                f"{self._where(referring[0])}: {referring[0]} refers to a value by config.providers, which"
                " ethlogs does not read",
                hint="write the value itself into a file that only you can read",
            )

    def _where(self, name: str) -> str:
        return _KAFKA_CONFIG if name in self._kafka_config else f"--command-config {self._path}"

    def _take(self, name: str, read: Callable[[str], None]) -> None:
        if name in self._left:
            read(self._left.pop(name))

    def _read_identification(self, value: str) -> None:
        if value.lower() not in ("", "https"):
            raise SettingsError(f"{self._where(_IDENTIFICATION)}: {_IDENTIFICATION} is https or empty")
        self._client[CHECK_HOSTNAME] = str(value.lower() == "https").lower()

    def _read_jaas(self, value: str) -> None:
        where = self._where(_JAAS)
        entry = parse_jaas(value, where)
        mechanisms = _MODULES.get(entry.module)
        mechanism = self._client.get(MECHANISM, DEFAULT_MECHANISM).upper()
        if mechanisms is None or mechanism not in mechanisms:
            raise SettingsError(
                f"{where}: the login module {entry.module} of {_JAAS} does not go"
                f" with {MECHANISM} {mechanism}",
                hint=f"ethlogs knows {', '.join(sorted(_MODULES))}",
            )
        self._client.setdefault(MECHANISM, mechanism)
        if mechanism == "GSSAPI":
            self._read_kerberos(entry.options)
        else:
            self._read_password(entry.options, where)

    def _read_kerberos(self, options: dict[str, str]) -> None:
        if options.get("serviceName"):
            self._client.setdefault("sasl.kerberos.service.name", options["serviceName"])
        # Without a keytab Java uses the ticket that is there, and so does ethlogs.
        if options.get("keyTab") and options.get("useKeyTab", "true").lower() == "true":
            self._kerberos = options

    def _read_password(self, options: dict[str, str], where: str) -> None:
        if options.get("tokenauth", "false").lower() == "true":
            raise SettingsError(
                f"{where}: {_JAAS} has tokenauth=true, a delegation token, which ethlogs cannot use",
                hint="give the user's own password, or a keytab",
            )
        missing = [name for name in ("username", "password") if not options.get(name)]
        if missing:
            raise SettingsError(
                f"{where}: {_JAAS} has no {missing[0]}",
                hint='it is of the form MODULE required username="NAME" password="PASSWORD";',
            )
        self._client["sasl.plain.username"] = options["username"]
        self._client["sasl.plain.password"] = options["password"]

    def _read_stores(self) -> None:
        trust = TrustStore(
            self._left.pop("ssl.truststore.location", None),
            self._left.pop("ssl.truststore.type", "JKS"),
            self._left.pop("ssl.truststore.password", None),
            self._left.pop("ssl.truststore.certificates", None),
        )
        key = KeyStore(
            self._left.pop("ssl.keystore.location", None),
            self._left.pop("ssl.keystore.type", "JKS"),
            self._left.pop("ssl.keystore.password", None),
            self._left.pop("ssl.key.password", None),
            self._left.pop("ssl.keystore.key", None),
            self._left.pop("ssl.keystore.certificate.chain", None),
        )
        self._client |= self._folder.convert_trust(trust)
        self._client |= self._folder.convert_key(key)

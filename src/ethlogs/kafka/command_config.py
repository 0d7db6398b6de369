"""``--command-config client.properties``: the file of Kafka's own tools, as kafka-python's settings.

The names are those of Kafka's client configuration; what cannot be honoured is named, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ethlogs.errors import SettingsError
from ethlogs.kafka.stores import KeyStore, StoreFolder, TrustStore

_PASSED = frozenset({"security.protocol", "sasl.mechanism", "sasl.kerberos.service.name", "client.id"})
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
_MODULES = {
    "org.apache.kafka.common.security.plain.PlainLoginModule": ("PLAIN",),
    "org.apache.kafka.common.security.scram.ScramLoginModule": ("SCRAM-SHA-256", "SCRAM-SHA-512"),
    "com.sun.security.auth.module.Krb5LoginModule": ("GSSAPI",),
}
_JAAS_WORD = re.compile(r'\s*(?:([\w.]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|([^\s;]+))|([\w.]+)|(;))')
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


@dataclass(frozen=True)
class CommandConfig:
    """What such a file says."""

    client: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """For kafka-python."""
    bootstrap_servers: str | None = None
    principal: str | None = None
    keytab: str | None = None
    ignored: tuple[str, ...] = ()
    """Keys that have nothing to do with the connection, like ``group.id``."""


def read_command_config(path: Path, folder: StoreFolder) -> CommandConfig:
    """Read the file; ``folder`` gets the PEM files that stores are converted into.

    Raises
    ------
    SettingsError
        When it cannot be read, or a key of it cannot be honoured. No value is told: it may be a password.
    """
    try:
        properties = parse_properties(path.read_text())
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
        raise SettingsError(f"--command-config {path} cannot be read: {reason}") from exc
    return _Reader(path, properties, folder).read()


class _Reader:
    """One file being read: what is left of it is what nobody has taken yet."""

    def __init__(self, path: Path, properties: dict[str, str], folder: StoreFolder) -> None:
        self._path = path
        self._left = dict(properties)
        self._folder = folder
        self._client: dict[str, str] = {}
        self._kerberos: dict[str, str] = {}

    def read(self) -> CommandConfig:
        bootstrap_servers = self._left.pop("bootstrap.servers", None)
        self._client |= {name: self._left.pop(name) for name in sorted(_PASSED & self._left.keys())}
        self._take("sasl.jaas.config", self._read_jaas)
        self._take("ssl.endpoint.identification.algorithm", self._read_identification)
        self._read_stores()
        for name in sorted(_WITHOUT_MEANING & self._left.keys()):
            del self._left[name]
        refused = sorted(name for name in self._left if name.startswith(("sasl.", "ssl.", "security.")))
        if refused:
            raise SettingsError(
                f"--command-config {self._path}: ethlogs cannot honour {', '.join(refused)}",
                hint="take it out where the connection does not need it",
            )
        return CommandConfig(
            tuple(self._client.items()),
            bootstrap_servers,
            self._kerberos.get("principal"),
            self._kerberos.get("keyTab"),
            tuple(sorted(self._left)),
        )

    def _take(self, name: str, read: Callable[[str], None]) -> None:
        if name in self._left:
            read(self._left.pop(name))

    def _read_identification(self, value: str) -> None:
        if value.lower() not in ("", "https"):
            raise SettingsError(
                f"--command-config {self._path}: ssl.endpoint.identification.algorithm is https or empty"
            )
        self._client["ssl.check.hostname"] = str(value.lower() == "https").lower()

    def _read_jaas(self, value: str) -> None:
        module, options = parse_jaas(value, self._path)
        mechanisms = _MODULES.get(module)
        mechanism = self._client.get("sasl.mechanism", "GSSAPI")
        if mechanisms is None or mechanism not in mechanisms:
            raise SettingsError(
                f"--command-config {self._path}: the login module {module} of sasl.jaas.config does not go"
                f" with sasl.mechanism {mechanism}",
                hint=f"ethlogs knows {', '.join(sorted(_MODULES))}",
            )
        self._client.setdefault("sasl.mechanism", mechanism)
        if mechanism == "GSSAPI":
            self._kerberos = options
            if options.get("serviceName"):
                self._client.setdefault("sasl.kerberos.service.name", options["serviceName"])
            return
        self._client["sasl.plain.username"] = options.get("username", "")
        self._client["sasl.plain.password"] = options.get("password", "")

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


def parse_jaas(text: str, path: Path) -> tuple[str, dict[str, str]]:
    """The login module and options of a JAAS entry: ``Module required name="value" …;``.

    Raises
    ------
    SettingsError
        When it is none; without its text, which holds a password.
    """
    module, flag, rest = [*text.split(None, 2), "", "", ""][:3]
    options: dict[str, str] = {}
    position, ended = 0, flag.endswith(";")
    while not ended:
        match = _JAAS_WORD.match(rest, position)
        if match is None or match.group(5):
            break
        position = match.end()
        ended = match.group(6) is not None
        if not ended:
            quoted, single, bare = match.group(2, 3, 4)
            value = (
                re.sub(r"\\(.)", r"\1", quoted)
                if quoted is not None
                else single
                if single is not None
                else bare
            )
            options[match.group(1)] = value
    if not ended or flag.rstrip(";") not in ("required", "requisite", "sufficient", "optional"):
        raise SettingsError(
            f"--command-config {path}: sasl.jaas.config is not of the form"
            ' MODULE required name="value" …; (with the semicolon)'
        )
    return module, options


def parse_properties(text: str) -> dict[str, str]:
    """Java's properties format: comments, ``=``, ``:`` or blanks, continued lines, escapes."""
    properties: dict[str, str] = {}
    pending = ""
    for line in [*text.splitlines(), ""]:
        stripped = line.lstrip(" \t\f")
        if not pending and (not stripped or stripped[0] in "#!"):
            continue
        pending += stripped
        if (len(pending) - len(pending.rstrip("\\"))) % 2:
            pending = pending[:-1]
            continue
        match = re.fullmatch(r"((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)", pending, re.DOTALL)
        if match:
            properties[_unescape(match.group(1))] = _unescape(match.group(2))
        pending = ""
    return properties


def _unescape(text: str) -> str:
    return re.sub(
        r"\\(u[0-9a-fA-F]{4}|.)",
        lambda m: chr(int(m[1][1:], 16)) if len(m[1]) == 5 else _ESCAPES.get(m[1], m[1]),
        text,
    )

"""Kafka's client settings in one spelling, whichever source they come from.

Kafka's own clients take ``security.protocol`` in any case and trim every value; kafka-python compares texts,
and connects in clear text where it does not recognize one. So names and values are normalized here, once,
before anything is connected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ethlogs.errors import SettingsError

PROTOCOL = "security.protocol"
MECHANISM = "sasl.mechanism"
CHECK_HOSTNAME = "ssl.check.hostname"
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("GSSAPI", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "AWS_MSK_IAM")
"""Those that settings of text are enough for; OAUTHBEARER needs a program."""

DEFAULT_MECHANISM = "GSSAPI"
"""Kafka's own default."""

_BYTE_ORDER_MARK = "\ufeff"
_USER, _PASSWORD = "sasl.plain.username", "sasl.plain.password"
_VERBATIM = frozenset({_USER, _PASSWORD, "ssl.password"})
"""kafka-python's own names, whose blanks may be meant."""
_PASSWORD_MECHANISMS = frozenset({"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})
_FALSE = "false"


def canonical_name(name: str) -> str:
    """Return a setting's name as Kafka spells all of its names: in lower case, with dots."""
    return _trim(name).lower().replace("_", ".").replace("-", ".")


def normalize_names(pairs: Iterable[tuple[str, str]], where: str) -> dict[str, str]:
    """Return one source's settings by their canonical names, with trimmed values.

    Raises
    ------
    SettingsError
        When a setting has two different values.
    """
    normalized: dict[str, str] = {}
    for name, value in pairs:
        key = canonical_name(name)
        text = value if key in _VERBATIM else _trim(value)
        if normalized.setdefault(key, text) != text:
            raise SettingsError(
                f"{where}: {key} is given twice, with different values", hint="remove one of the two"
            )
    return normalized


def normalize_connection(client: Mapping[str, str]) -> dict[str, str]:
    """Return the settings with ``security.protocol`` and ``sasl.mechanism`` as kafka-python compares them.

    Raises
    ------
    SettingsError
        When one of them is not known, or a login by password has none.
    """
    normalized = dict(client)
    if PROTOCOL in client:
        normalized[PROTOCOL] = _choose(PROTOCOL, client[PROTOCOL], PROTOCOLS)
    if MECHANISM in client:
        normalized[MECHANISM] = _choose(MECHANISM, client[MECHANISM], MECHANISMS)
    elif normalized.get(PROTOCOL, "").startswith("SASL"):
        normalized[MECHANISM] = DEFAULT_MECHANISM
    _require_password(normalized)
    return normalized


def _require_password(client: Mapping[str, str]) -> None:
    mechanism = client.get(MECHANISM)
    if mechanism not in _PASSWORD_MECHANISMS or not client.get(PROTOCOL, "").startswith("SASL"):
        return
    missing = [name for name in (_USER, _PASSWORD) if not client.get(name)]
    if missing:
        raise SettingsError(
            f"sasl.mechanism={mechanism} needs a user and a password, and {missing[0]} is not given",
            hint="give sasl.jaas.config with username and password in --command-config",
        )


def warn_of_weak_security(client: Mapping[str, str]) -> list[str]:
    """Return warnings about a normalized connection that somebody in between can read or change."""
    protocol = client.get(PROTOCOL, "")
    warnings = []
    if not protocol and (meant := sorted(name for name in client if _is_about_security(name))):
        warnings.append(
            f"{meant[0]} is set and security.protocol is not: Kafka's default is PLAINTEXT, which ignores it"
            " and sends everything in clear text; set security.protocol to SASL_SSL, SSL or SASL_PLAINTEXT"
        )
    if protocol.endswith("SSL") and client.get(CHECK_HOSTNAME, "").lower() == _FALSE:
        warnings.append(
            "ssl.check.hostname=false: a broker's certificate is accepted for any host name, so whoever has a"
            " certificate of the same CA can read and change what is sent"
        )
    if protocol == "SASL_PLAINTEXT" and client.get(MECHANISM) in _PASSWORD_MECHANISMS:
        warnings.append(
            f"security.protocol=SASL_PLAINTEXT with sasl.mechanism={client[MECHANISM]}: the connection is not"
            " encrypted, and neither are the password's exchange and the records; use SASL_SSL"
        )
    return warnings


def _is_about_security(name: str) -> bool:
    return name.startswith(("sasl.", "ssl.")) and name != "sasl.kerberos.service.name"


def _trim(text: str) -> str:
    return text.strip(_BYTE_ORDER_MARK).strip().strip(_BYTE_ORDER_MARK)


def _choose(name: str, value: str, allowed: tuple[str, ...]) -> str:
    """The value is not repeated: a password may have been written into the wrong line."""
    choice = value.upper()
    if choice not in allowed:
        raise SettingsError(
            f"the Kafka setting {name} has a value that ethlogs does not know",
            hint=f"give {', '.join(allowed[:-1])} or {allowed[-1]}",
        )
    return choice

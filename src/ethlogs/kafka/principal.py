"""The principal that the brokers see in this client, as far as its settings and its ticket say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ethlogs.kafka.client_config import uses_gssapi
from ethlogs.kafka.spelling import PROTOCOL
from ethlogs.settings import KafkaSettings

_ANONYMOUS = "ANONYMOUS"
_USER = "sasl.plain.username"
_CERTIFICATE = "ssl.certfile"


def find_principal(settings: KafkaSettings) -> str | None:
    """Return the name behind ``User:`` in the brokers' ACLs; ``None`` where only they know it.

    It is what brokers make of a login that have no rules of their own for names.
    """
    client = dict(settings.client)
    protocol = client.get(PROTOCOL, "PLAINTEXT")
    if uses_gssapi(settings):
        return _short_name(_read_ticket())
    if protocol.startswith("SASL"):
        return client.get(_USER)
    if protocol == "SSL" and _CERTIFICATE in client:
        return _read_subject(client[_CERTIFICATE])
    return _ANONYMOUS


def _short_name(principal: str | None) -> str | None:
    """Return the first part of a Kerberos principal: that is Kafka's default rule."""
    return None if principal is None else principal.partition("@")[0].partition("/")[0]


def _read_ticket() -> str | None:
    """Return whose ticket this process has: the keytab's of the run, or the user's own."""
    if importlib.util.find_spec("gssapi") is None:
        return None
    import gssapi
    from gssapi.raw.misc import GSSError

    try:
        return str(gssapi.Credentials(usage="initiate").name)
    except GSSError:
        return None


def _read_subject(certificate: str) -> str | None:
    """Return the distinguished name of a client's certificate, the most specific part first."""
    # Slow to load, and needed here alone.
    from cryptography import x509

    try:
        own = x509.load_pem_x509_certificates(Path(certificate).expanduser().read_bytes())[0]
    except (OSError, ValueError):
        return None
    return own.subject.rfc4514_string()

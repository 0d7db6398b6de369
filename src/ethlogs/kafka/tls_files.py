"""The files of a TLS connection, read before anything is connected: kafka-python only logs what is wrong."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

from ethlogs.errors import SettingsError

FILES = ("ssl.cafile", "ssl.certfile", "ssl.keyfile")
_HINT = "give a PEM file that this user can read, or a Java store by ssl.truststore.* and ssl.keystore.*"


def check_tls_files(settings: Iterable[tuple[str, str]]) -> None:
    """Refuse a file that cannot be read, or that is not what its setting says.

    Raises
    ------
    SettingsError
        Naming setting and file.
    """
    client = dict(settings)
    for name in FILES:
        if name in client:
            _check_readable(name, client[name])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if "ssl.cafile" in client:
        try:
            context.load_verify_locations(client["ssl.cafile"])
        except ssl.SSLError as exc:
            raise SettingsError(
                f"ssl.cafile {client['ssl.cafile']} has no certificate in PEM form ({exc.reason or exc})",
                hint=_HINT,
            ) from exc
    if "ssl.certfile" in client:
        _check_own_certificate(context, client)


def _check_readable(name: str, path: str) -> None:
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except OSError as exc:
        raise SettingsError(f"{name} {path} cannot be read: {exc.strerror}", hint=_HINT) from exc


def _check_own_certificate(context: ssl.SSLContext, client: dict[str, str]) -> None:
    certificate, password = client["ssl.certfile"], client.get("ssl.password", "")
    try:
        # Without a function OpenSSL asks for a password at the terminal.
        context.load_cert_chain(certificate, client.get("ssl.keyfile"), lambda: password)
    except (ssl.SSLError, ValueError) as exc:
        reason = getattr(exc, "reason", None) or "the key cannot be opened"
        raise SettingsError(
            f"the client certificate {certificate} and its key cannot be used ({reason})",
            hint="do the two belong together, and is ssl.key.password right?",
        ) from None

"""Java's key and trust stores as the PEM files that Python's TLS reads."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ethlogs.errors import SettingsError
from ethlogs.temporary import make_temporary_folder

if TYPE_CHECKING:
    from ethlogs.kafka.java_store import JavaStore

_KEY, _CHAIN = "ssl.keystore.key", "ssl.keystore.certificate.chain"


@dataclass(frozen=True)
class TrustStore:
    """``ssl.truststore.*``."""

    location: str | None
    type: str
    password: str | None = field(repr=False)
    certificates: str | None = None
    """PEM, in the file of settings itself (KIP-651)."""


@dataclass(frozen=True)
class KeyStore:
    """``ssl.keystore.*`` and ``ssl.key.password``."""

    location: str | None
    type: str
    password: str | None = field(repr=False)
    key_password: str | None = field(repr=False)
    key: str | None = field(default=None, repr=False)
    certificate_chain: str | None = None


class StoreFolder:
    """A private folder for converted stores; it goes when it is closed."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Remove what was written."""
        if self._folder is not None:
            self._folder.cleanup()

    def convert_trust(self, store: TrustStore) -> dict[str, str]:
        """kafka-python's settings for the certificates that are trusted."""
        if store.certificates is not None:
            return {"ssl.cafile": self._write("trusted.pem", store.certificates.encode())}
        if store.location is None:
            return {}
        if store.type.upper() == "PEM":
            return {"ssl.cafile": store.location}
        opened = _open(store.location, store.type, store.password, "ssl.truststore")
        return {"ssl.cafile": self._write("trusted.pem", opened.trusted_pem())}

    def convert_key(self, store: KeyStore) -> dict[str, str]:
        """kafka-python's settings for the client's own certificate and key."""
        if (store.key is None) is not (store.certificate_chain is None):
            given, missing = _KEY, _CHAIN
            if store.key is None:
                given, missing = _CHAIN, _KEY
            raise SettingsError(
                f"{given} is set and {missing} is not: the client would have no certificate",
                hint="give both, as PEM in the file of settings itself",
            )
        if store.key is not None and store.certificate_chain is not None:
            path = self._write("client.pem", f"{store.key}\n{store.certificate_chain}\n".encode())
            return _with_password({"ssl.certfile": path, "ssl.keyfile": path}, store.key_password)
        if store.location is None:
            return {}
        if store.type.upper() == "PEM":
            files = {"ssl.certfile": store.location, "ssl.keyfile": store.location}
            return _with_password(files, store.key_password)
        opened = _open(store.location, store.type, store.password, "ssl.keystore")
        path = self._write("client.pem", opened.key_pem())
        return {"ssl.certfile": path, "ssl.keyfile": path}

    def _write(self, name: str, data: bytes) -> str:
        if self._folder is None:
            self._folder = make_temporary_folder("tls")
        path = Path(self._folder.name) / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        return str(path)


def _with_password(files: dict[str, str], password: str | None) -> dict[str, str]:
    return files if password is None else {**files, "ssl.password": password}


def _open(location: str, kind: str, password: str | None, name: str) -> JavaStore:
    # cryptography takes a third of a second to load, and most clusters are reached without a store.
    from ethlogs.kafka.java_store import open_java_store

    return open_java_store(location, kind, password, name)

"""Java's key and trust stores as the PEM files that Python's TLS reads."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from ethlogs.errors import SettingsError

_KEYTOOL_SECONDS = 60.0
_PASSWORD = "ETHLOGS_STORE_PASSWORD"  # noqa: S105 - the name of a variable


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
        bundle = _load(store.location, store.type, store.password, "ssl.truststore")
        certificates = [entry.certificate for entry in bundle.additional_certs]
        if bundle.cert is not None:
            certificates.append(bundle.cert.certificate)
        if not certificates:
            raise SettingsError(f"ssl.truststore.location {store.location} holds no certificate")
        pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
        return {"ssl.cafile": self._write("trusted.pem", pem)}

    def convert_key(self, store: KeyStore) -> dict[str, str]:
        """kafka-python's settings for the client's own certificate and key."""
        if store.key is not None and store.certificate_chain is not None:
            path = self._write("client.pem", f"{store.key}\n{store.certificate_chain}\n".encode())
            return _with_password({"ssl.certfile": path, "ssl.keyfile": path}, store.key_password)
        if store.location is None:
            return {}
        if store.type.upper() == "PEM":
            files = {"ssl.certfile": store.location, "ssl.keyfile": store.location}
            return _with_password(files, store.key_password)
        bundle = _load(store.location, store.type, store.password, "ssl.keystore")
        if bundle.key is None or bundle.cert is None:
            raise SettingsError(
                f"ssl.keystore.location {store.location} holds no private key with its certificate"
            )
        pem = bundle.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain = [bundle.cert, *bundle.additional_certs]
        pem += b"".join(entry.certificate.public_bytes(Encoding.PEM) for entry in chain)
        path = self._write("client.pem", pem)
        return {"ssl.certfile": path, "ssl.keyfile": path}

    def _write(self, name: str, data: bytes) -> str:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="ethlogs-tls-")
        path = Path(self._folder.name) / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        return str(path)


def _with_password(files: dict[str, str], password: str | None) -> dict[str, str]:
    return files if password is None else {**files, "ssl.password": password}


def _load(location: str, kind: str, password: str | None, name: str) -> pkcs12.PKCS12KeyAndCertificates:
    if kind.upper() not in ("JKS", "PKCS12"):
        raise SettingsError(f"{name}.type {kind} is not known", hint="JKS, PKCS12 and PEM are")
    try:
        data = Path(location).expanduser().read_bytes()
    except OSError as exc:
        raise SettingsError(f"{name}.location {location} cannot be read: {exc.strerror}") from exc
    # A store that says it is JKS is PKCS12 more often than not: Java 9 and later write that.
    if data[:4] == bytes.fromhex("feedfeed"):
        data = _from_jks(location, password, name)
    try:
        return pkcs12.load_pkcs12(data, (password or "").encode() or None)
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise SettingsError(
            f"{name}.location {location} cannot be opened: {exc}", hint=f"is {name}.password right?"
        ) from exc


def _from_jks(location: str, password: str | None, name: str) -> bytes:
    """JKS is a format of Java alone: its own keytool converts it."""
    keytool = _find_keytool(os.environ)
    with tempfile.TemporaryDirectory(prefix="ethlogs-jks-") as folder:
        target = Path(folder) / "store.p12"
        argv = [keytool, "-importkeystore", "-noprompt", "-srckeystore", location, "-srcstoretype", "JKS"]
        argv += ["-destkeystore", str(target), "-deststoretype", "PKCS12"]
        argv += ["-srcstorepass:env", _PASSWORD, "-deststorepass:env", _PASSWORD]
        finished = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_KEYTOOL_SECONDS,
            check=False,
            env={**os.environ, _PASSWORD: password or ""},
        )
        if finished.returncode or not target.is_file():
            said = (finished.stdout + finished.stderr).strip().splitlines()
            raise SettingsError(
                f"{name}.location {location} cannot be converted: {said[-1] if said else 'keytool failed'}",
                hint=f"is {name}.password right?",
            )
        return target.read_bytes()


def _find_keytool(environment: Mapping[str, str]) -> str:
    home = environment.get("JAVA_HOME")
    path = shutil.which("keytool", path=f"{home}/bin" if home else environment.get("PATH"))
    if path is None:
        raise SettingsError(
            "a JKS store needs Java's keytool, which is not on PATH",
            hint="set JAVA_HOME, or convert it to PEM",
        )
    return path

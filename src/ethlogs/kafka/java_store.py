"""Java's key and trust stores, PKCS12 and JKS, as PEM."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from ethlogs.errors import SettingsError
from ethlogs.temporary import make_temporary_folder

_KEYTOOL_SECONDS = 60.0
_PASSWORD = "ETHLOGS_STORE_PASSWORD"  # noqa: S105 - the name of a variable


@dataclass(frozen=True)
class JavaStore:
    """An open store."""

    location: str
    content: pkcs12.PKCS12KeyAndCertificates = field(repr=False)

    def trusted_pem(self) -> bytes:
        """Return its certificates.

        Raises
        ------
        SettingsError
            When there is none.
        """
        certificates = [entry.certificate for entry in self.content.additional_certs]
        if self.content.cert is not None:
            certificates.append(self.content.cert.certificate)
        if not certificates:
            raise SettingsError(
                f"ssl.truststore.location {self.location} holds no certificate",
                hint="keytool -list shows what it holds; keytool -importcert adds the company's CA",
            )
        return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)

    def key_pem(self) -> bytes:
        """Return its private key and the chain of the key's certificate.

        Raises
        ------
        SettingsError
            When there is none.
        """
        key, certificate = self.content.key, self.content.cert
        if key is None or certificate is None:
            raise SettingsError(
                f"ssl.keystore.location {self.location} holds no private key with its certificate",
                hint="keytool -list shows what it holds; a private key is a PrivateKeyEntry",
            )
        chain = [certificate, *self.content.additional_certs]
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + b"".join(
            entry.certificate.public_bytes(Encoding.PEM) for entry in chain
        )


def open_java_store(location: str, kind: str, password: str | None, name: str) -> JavaStore:
    """Open the store that ``name``, like ``ssl.keystore``, is set to.

    Raises
    ------
    SettingsError
        When it cannot be read, or the password does not open it.
    """
    if kind.upper() not in ("JKS", "PKCS12"):
        raise SettingsError(f"{name}.type {kind} is not known", hint="JKS, PKCS12 and PEM are")
    try:
        data = Path(location).expanduser().read_bytes()
    except OSError as exc:
        raise SettingsError(
            f"{name}.location {location} cannot be read: {exc.strerror}",
            hint="give the path of a store that you can read",
        ) from exc
    except RuntimeError as exc:
        raise SettingsError(f"{name}.location {location}: {exc}", hint="write the whole path") from exc
    # A store that says it is JKS is PKCS12 more often than not: Java 9 and later write that.
    if data[:4] == bytes.fromhex("feedfeed"):
        data = _from_jks(str(Path(location).expanduser()), password, name)
    try:
        return JavaStore(location, pkcs12.load_pkcs12(data, (password or "").encode() or None))
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise SettingsError(
            f"{name}.location {location} cannot be opened: {exc}", hint=f"is {name}.password right?"
        ) from exc


def _from_jks(location: str, password: str | None, name: str) -> bytes:
    """JKS is a format of Java alone: its own keytool converts it."""
    keytool = _find_keytool(os.environ)
    with make_temporary_folder("jks") as folder:
        target = Path(folder) / "store.p12"
        argv = [keytool, "-importkeystore", "-noprompt", "-srckeystore", location, "-srcstoretype", "JKS"]
        argv += ["-destkeystore", str(target), "-deststoretype", "PKCS12"]
        argv += ["-srcstorepass:env", _PASSWORD, "-deststorepass:env", _PASSWORD]
        try:
            finished = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_KEYTOOL_SECONDS,
                check=False,
                env={**os.environ, _PASSWORD: password or ""},
            )
        except (OSError, subprocess.TimeoutExpired) as exc:
            raise SettingsError(
                f"{name}.location {location} cannot be converted: {exc}",
                hint="keytool -list shows what it holds, and whether it is whole",
            ) from exc
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

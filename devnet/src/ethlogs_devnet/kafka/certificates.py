"""A certificate authority: certificates of servers and people, as PEM, PKCS12 and JKS."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ethlogs_devnet.errors import DevnetError, MissingToolError
from ethlogs_devnet.java import find_keytool
from ethlogs_devnet.ports import LOOPBACK
from ethlogs_devnet.private_files import write_private

STORE_PASSWORD = "ethlogs-devnet"  # noqa: S105 - the stores' files are private, as Java wants a password too
_DAYS = "3650"
_CONFIGURATION = """[req]
distinguished_name = name
prompt = no
[name]
CN = ${ENV::COMMON_NAME}
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = ${ENV::HOST_NAMES}
[person]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True)
class Authority:
    """A folder with an authority's certificate, and those that it has signed, made where they are missing."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """What its clients trust, PEM."""
        return self.folder / "ca.pem"

    def pem(self, name: str) -> Path:
        """A private key, its certificate and the authority's, in this order."""
        return self.folder / f"{name}.pem"

    def pkcs12(self, name: str) -> Path:
        """The same as a PKCS12 keystore."""
        return self.folder / f"{name}.p12"

    def truststore(self, kind: str) -> Path:
        """What Java's clients trust: the certificate as PEM, or a PKCS12 or JKS store with it."""
        return self.certificate if kind == "PEM" else self.folder / f"ca.{_SUFFIXES[kind]}"

    def create(self) -> None:
        """Make the authority itself, and its stores."""
        if self.certificate.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / "openssl.cnf").write_text(_CONFIGURATION)
        self._request("devnet authority", "authority", self._key("ca"), self.folder / "ca.new")
        for kind in _SUFFIXES:
            self._create_truststore(kind)
        (self.folder / "ca.new").rename(self.certificate)

    def issue(self, name: str, host: str | None = None) -> Path:
        """Return the PEM file of the server of ``host``, a name or an address, or else of a person."""
        if not self.pem(name).exists():
            key, certificate = self._key(name), self.folder / f"{name}.crt"
            signer = ["-CA", str(self.certificate), "-CAkey", str(self._key("ca"))]
            self._request(host or name, "server" if host else "person", key, certificate, signer)
            chain = [key, certificate, self.certificate]
            write_private(self.pem(name), "".join(path.read_text() for path in chain))
            self._create_keystore(name)
        return self.pem(name)

    def _key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def _request(
        self, common_name: str, kind: str, key: Path, certificate: Path, signer: Sequence[str] = ()
    ) -> None:
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(key)]
        result = ["-out", str(certificate), "-days", _DAYS]
        settings = ["-config", str(self.folder / "openssl.cnf"), "-extensions", kind]
        _run(
            [_find_openssl(), "req", "-x509", *new_key, *result, *settings, *signer],
            {"COMMON_NAME": common_name, "HOST_NAMES": _to_host_names(common_name)},
        )

    def _create_keystore(self, name: str) -> None:
        what = ["-in", str(self.pem(name)), "-name", name, "-out", str(self.pkcs12(name))]
        _run([_find_openssl(), "pkcs12", "-export", *what, "-passout", "env:STORE_PASSWORD"])

    def _create_truststore(self, kind: str) -> None:
        store = self.truststore(kind)
        store.unlink(missing_ok=True)
        what = ["-noprompt", "-alias", "ca", "-file", str(self.folder / "ca.new")]
        where = ["-keystore", str(store), "-storetype", kind, "-storepass:env", "STORE_PASSWORD"]
        _run([find_keytool(), "-J-XX:TieredStopAtLevel=1", "-importcert", *what, *where])


_SUFFIXES = {"PKCS12": "p12", "JKS": "jks"}


def _to_host_names(host: str) -> str:
    """What a server's certificate says it is; localhost is called by its address, too."""
    if host == "localhost":
        return f"DNS:{host}, IP:{LOOPBACK}"
    return f"IP:{host}" if host.startswith("127.") else f"DNS:{host}"


def _find_openssl() -> str:
    if found := shutil.which("openssl"):
        return found
    raise MissingToolError("certificates need openssl and there is none", hint="apt-get install openssl")


def _run(command: Sequence[str], variables: Mapping[str, str] | None = None) -> None:
    environment = {**os.environ, "STORE_PASSWORD": STORE_PASSWORD, **(variables or {})}
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, umask=0o077
    )
    if result.returncode != 0:
        raise DevnetError(f"{Path(command[0]).name} failed: {(result.stderr or result.stdout)[-500:]}")

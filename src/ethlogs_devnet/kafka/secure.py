"""A Kafka broker as companies run it: Kerberos, SCRAM, PLAIN and certificates, TLS, and rights."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from ethlogs_devnet.kafka.broker import KafkaBroker
from ethlogs_devnet.kafka.certificates import Authority
from ethlogs_devnet.kafka.rights import RIGHTS_OF_A_RUN, KafkaAdministrator, Right
from ethlogs_devnet.kafka.secure_settings import (
    ADMIN,
    HOST,
    SERVICE,
    WAYS,
    BrokerIdentity,
    ClientIdentity,
    SecurePorts,
    Way,
    build_client_properties,
    build_secure_properties,
)
from ethlogs_devnet.kafka.settings import to_properties_text
from ethlogs_devnet.kerberos.kdc import Kdc
from ethlogs_devnet.kerberos.users import PEOPLE, USER
from ethlogs_devnet.ports import LOOPBACK, find_free_ports
from ethlogs_devnet.private_files import write_private

_SERVICE_PRINCIPAL = f"{SERVICE}/{HOST}"


class SecureKafka(KafkaBroker):
    """A broker that lets nobody in without a name, and nobody do what no right allows.

    People are the devnet's USER, who has RIGHTS_OF_A_RUN, and VISITOR, who has none. Each can come with a
    ticket of ``kdc`` (GSSAPI), with a password (SCRAM-SHA-256, SCRAM-SHA-512, PLAIN), each with TLS or
    without, or with a certificate, whose user is called ``CN=NAME``. ``reauth_seconds`` is after how long a
    SASL connection has to prove again who it is; 0 is never. The broker needs ``kdc`` for its keytab alone,
    to start and to run it does not need it.
    """

    def __init__(
        self,
        state_dir: Path,
        kdc: Kdc,
        extra_properties: Mapping[str, str] | None = None,
        *,
        reauth_seconds: int = 0,
    ) -> None:
        super().__init__(Path(state_dir).absolute(), extra_properties)
        self.authority = Authority(self.files.folder / "tls")
        self._kdc = kdc
        self._reauth_seconds = reauth_seconds
        self._secure_ports = SecurePorts(self._broker_port, self._controller_port, *find_free_ports(3))

    @property
    def bootstrap(self) -> str:
        """``host:port`` for clients with SASL_SSL."""
        return self.address("SASL_SSL")

    @property
    def ports(self) -> list[int]:
        """The ports that it listens on."""
        return list(self._secure_ports)

    @property
    def administrator(self) -> KafkaAdministrator:
        """Kafka as its super user sees it; needs no ticket."""
        return KafkaAdministrator(f"{LOOPBACK}:{self._secure_ports.internal}", self._passwords[ADMIN])

    def address(self, protocol: str) -> str:
        """``host:port`` for clients with SASL_PLAINTEXT, SASL_SSL or SSL."""
        return self._secure_ports.address(protocol)

    def password(self, user: str) -> str:
        """Return a user's password, which is the same for SCRAM and PLAIN."""
        return self._passwords[user]

    def client_properties(self, user: str = USER, way: Way = Way()) -> Path:  # noqa: B008 - it is frozen
        """Return the file of a client's settings; it is 0600."""
        return self.files.folder / "clients" / user / f"{way.name}.properties"

    def environment(self) -> dict[str, str]:
        """Return the settings that point ethlogs at this broker, with Kerberos and TLS."""
        return {**super().environment(), "ETHLOGS_COMMAND_CONFIG": str(self.client_properties())}

    def allow(self, user: str, *rights: Right) -> None:
        """Give rights to a user."""
        self.administrator.allow(user, rights)

    def revoke(self, user: str, *rights: Right) -> None:
        """Take rights away that were given by the same names."""
        self.administrator.revoke(user, rights)

    def start(self) -> None:
        """Start it, with a new cluster and its people if the folder is new; wait until it serves clients."""
        self.files.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write_identities()
        super().start()
        # not by the age of the data, which may be of a broker without people
        added = self.files.folder / "people-added"
        if not added.exists():
            self._add_people()
            added.touch()

    def _add_people(self) -> None:
        self.administrator.set_scram_passwords({name: self._passwords[name] for name in PEOPLE})
        for user in (USER, f"CN={USER}"):
            self.allow(user, *RIGHTS_OF_A_RUN)

    @cached_property
    def _passwords(self) -> dict[str, str]:
        """The passwords of the data's folder, made once: SCRAM's are part of the data."""
        path = self.files.folder / "passwords.json"
        if not path.exists():
            made = {name: secrets.token_hex(12) for name in (ADMIN, *PEOPLE)}
            write_private(path, json.dumps(made))
        passwords: dict[str, str] = json.loads(path.read_text())
        return passwords

    def _write_identities(self) -> None:
        self._kdc.add_service(_SERVICE_PRINCIPAL)
        self.authority.create()
        self.authority.issue("broker", "server")
        for user in PEOPLE:
            self._kdc.add_principal(user)
            self.authority.issue(user, "person")
            self._write_client_properties(user)

    def _write_client_properties(self, user: str) -> None:
        client = ClientIdentity(
            user, self._kdc.full_name(user), self._kdc.keytab(user), self.password(user), self.authority
        )
        for way in WAYS:
            path = self.client_properties(user, way)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, to_properties_text(build_client_properties(client, way)))

    def _build_extra(self) -> dict[str, str]:
        principal = self._kdc.full_name(_SERVICE_PRINCIPAL)
        keytab = self._kdc.keytab(_SERVICE_PRINCIPAL)
        certificate = self.authority.pem("broker")
        broker = BrokerIdentity(principal, keytab, self.authority, certificate, self._passwords)
        return {
            **build_secure_properties(self._secure_ports, broker),
            "connections.max.reauth.ms": str(self._reauth_seconds * 1000),
            **super()._build_extra(),
        }

    def _jvm_options(self) -> list[str]:
        return [f"-Djava.security.krb5.conf={self._kdc.krb5_conf}"]

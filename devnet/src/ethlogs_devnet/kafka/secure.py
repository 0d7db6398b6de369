"""A Kafka broker as companies run it: Kerberos, SCRAM, PLAIN and certificates, TLS, and rights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ethlogs_devnet.kafka.broker import KafkaBroker
from ethlogs_devnet.kafka.people import People
from ethlogs_devnet.kafka.rights import KafkaAdministrator, Right
from ethlogs_devnet.kafka.secure_settings import (
    HOST,
    SERVICE,
    BrokerIdentity,
    SecurePorts,
    Way,
    build_secure_properties,
)
from ethlogs_devnet.kerberos.kdc import Kdc
from ethlogs_devnet.kerberos.users import USER
from ethlogs_devnet.ports import LOOPBACK, find_free_ports


class NamedBroker(KafkaBroker):
    """A broker that proves to ``people`` who it is, by its ``host``'s principal and certificate.

    It listens on ``listens_on``, an address of the loopback network. ``reauth_seconds`` is after how long a
    SASL connection has to prove again who it is; 0 is never. The broker needs the KDC for its keytab alone,
    to start and to run it does not need it.
    """

    def __init__(
        self,
        state_dir: Path,
        people: People,
        extra_properties: Mapping[str, str] | None = None,
        *,
        reauth_seconds: int = 0,
        host: str = HOST,
        listens_on: str = LOOPBACK,
    ) -> None:
        super().__init__(Path(state_dir).absolute(), extra_properties)
        self.people = people
        self.host, self.listens_on = host, listens_on
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
    def principal(self) -> str:
        """Its own, without the realm."""
        return f"{SERVICE}/{self.host}"

    @property
    def inner_address(self) -> str:
        """``host:port`` for other brokers and the administrator."""
        return f"{self.listens_on}:{self._secure_ports.internal}"

    def address(self, protocol: str) -> str:
        """``host:port`` for clients with SASL_PLAINTEXT, SASL_SSL or SSL."""
        return self._secure_ports.address(protocol, self.host)

    def start(self) -> None:
        """Start it with its own principal and certificate; ``people`` are prepared before."""
        self.people.kdc.add_service(self.principal)
        self.people.authority.issue(self._certificate, host=self.host)
        super().start()

    @property
    def _certificate(self) -> str:
        return f"broker-{self.host}"

    def _build_extra(self) -> dict[str, str]:
        people, kdc = self.people, self.people.kdc
        broker = BrokerIdentity(
            kdc.full_name(self.principal),
            kdc.keytab(self.principal),
            people.authority,
            people.authority.pem(self._certificate),
            people.passwords,
            self.host,
            self.listens_on,
        )
        return {
            **build_secure_properties(self._secure_ports, broker),
            "connections.max.reauth.ms": str(self._reauth_seconds * 1000),
            **super()._build_extra(),
        }

    def _jvm_options(self) -> list[str]:
        return [f"-Djava.security.krb5.conf={self.people.kdc.krb5_conf}"]


class SecureKafka(NamedBroker):
    """A broker that lets nobody in without a name, and nobody do what no right allows.

    People are the devnet's USER, who has RIGHTS_OF_A_RUN, and VISITOR, who has none. Each can come with a
    ticket of ``kdc`` (GSSAPI), with a password (SCRAM-SHA-256, SCRAM-SHA-512, PLAIN), each with TLS or
    without, or with a certificate, whose user is called ``CN=NAME``.
    """

    def __init__(
        self,
        state_dir: Path,
        kdc: Kdc,
        extra_properties: Mapping[str, str] | None = None,
        *,
        reauth_seconds: int = 0,
    ) -> None:
        people = People(Path(state_dir).absolute(), kdc)
        super().__init__(state_dir, people, extra_properties, reauth_seconds=reauth_seconds)

    @property
    def administrator(self) -> KafkaAdministrator:
        """Kafka as its super user sees it; needs no ticket."""
        return self.people.administrator(self.inner_address)

    def password(self, user: str) -> str:
        """Return a user's password, which is the same for SCRAM and PLAIN."""
        return self.people.passwords[user]

    def client_properties(self, user: str = USER, way: Way = Way()) -> Path:  # noqa: B008 - it is frozen
        """Return the file of a client's settings; it is 0600."""
        return self.people.client_properties(user, way)

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
        self.people.prepare()
        super().start()
        self.people.add_to(self.administrator)

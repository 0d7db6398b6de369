"""Three Kafka brokers that let nobody in without a name, each with its own Kerberos principal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ethlogs_devnet.kafka.cluster import Cluster, MemberBroker, build_folders
from ethlogs_devnet.kafka.people import People
from ethlogs_devnet.kafka.rights import KafkaAdministrator
from ethlogs_devnet.kafka.secure import NamedBroker
from ethlogs_devnet.kafka.secure_settings import Way
from ethlogs_devnet.kerberos.kdc import Kdc
from ethlogs_devnet.kerberos.users import USER


class NamedMember(MemberBroker, NamedBroker):
    """One broker of a cluster that proves who it is."""


class SecureKafkaCluster(Cluster[NamedMember]):
    """What SecureKafka is, of three brokers with the same people.

    They are 127.0.0.1, 127.0.0.2 and 127.0.0.3 to their clients, for all of 127/8 is this machine on Linux
    and needs no entry in /etc/hosts. So they are three hosts to Kerberos: ``kafka/127.0.0.1`` and so on,
    each of which has a keytab with its own key alone and asks for a ticket.
    """

    def __init__(self, state_dir: Path, kdc: Kdc, *, reauth_seconds: int = 0) -> None:
        self.people = People(Path(state_dir).absolute(), kdc)
        folders = build_folders(state_dir)
        super().__init__(
            [
                NamedMember(folder, self.people, reauth_seconds=reauth_seconds, host=host, listens_on=host)
                for folder, host in zip(folders, _HOSTS, strict=True)
            ]
        )

    @property
    def administrator(self) -> KafkaAdministrator:
        """Kafka as its super user sees it; needs no ticket."""
        return self.people.administrator(",".join(broker.inner_address for broker in self.brokers))

    @property
    def login(self) -> dict[str, Any]:
        """kafka-python's settings of the administrator."""
        return self.administrator.login

    def address(self, protocol: str) -> str:
        """``host:port`` of each broker, for clients with SASL_PLAINTEXT, SASL_SSL or SSL."""
        return ",".join(broker.address(protocol) for broker in self.brokers)

    def client_properties(self, user: str = USER, way: Way = Way()) -> Path:  # noqa: B008 - it is frozen
        """Return the file of a client's settings; it is 0600."""
        return self.people.client_properties(user, way)

    def start(self) -> None:
        """Start those that do not run, with a new cluster and its people if the folder is new."""
        self.people.prepare()
        super().start()
        self.people.add_to(self.administrator)


_HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")

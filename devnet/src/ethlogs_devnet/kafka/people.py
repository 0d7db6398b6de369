"""Who can log in to a secured Kafka, and by what: passwords, certificates, keytabs, and clients' settings."""

from __future__ import annotations

import json
import secrets
from functools import cached_property
from pathlib import Path

from ethlogs_devnet.kafka.certificates import Authority
from ethlogs_devnet.kafka.rights import RIGHTS_OF_A_RUN, KafkaAdministrator
from ethlogs_devnet.kafka.secure_settings import (
    ADMIN,
    WAYS,
    ClientIdentity,
    Way,
    build_client_properties,
)
from ethlogs_devnet.kafka.settings import to_properties_text
from ethlogs_devnet.kerberos.kdc import Kdc
from ethlogs_devnet.kerberos.users import PEOPLE, USER
from ethlogs_devnet.private_files import write_private


class People:
    """The devnet's people as one cluster knows them, and the administrator; what they need is in ``folder``.

    ``kdc`` has their principals, ``authority`` signs their certificates and those of the brokers.
    """

    def __init__(self, folder: Path, kdc: Kdc) -> None:
        self.kdc = kdc
        self.authority = Authority(folder / "tls")
        self._folder = folder

    @cached_property
    def passwords(self) -> dict[str, str]:
        """The passwords of the data's folder, made once: SCRAM's are part of the data."""
        path = self._folder / "passwords.json"
        if not path.exists():
            made = {name: secrets.token_hex(12) for name in (ADMIN, *PEOPLE)}
            write_private(path, json.dumps(made))
        passwords: dict[str, str] = json.loads(path.read_text())
        return passwords

    def administrator(self, address: str) -> KafkaAdministrator:
        """Kafka as its super user sees it, by the brokers' own listeners; needs no ticket."""
        return KafkaAdministrator(address, self.passwords[ADMIN])

    def client_properties(self, user: str, way: Way) -> Path:
        """Return the file of a client's settings; it is 0600."""
        return self._folder / "clients" / user / f"{way.name}.properties"

    def prepare(self) -> None:
        """Make principals, certificates and clients' settings where they are missing."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.authority.create()
        for user in PEOPLE:
            self.kdc.add_principal(user)
            self.authority.issue(user)
            self._write_client_properties(user)

    def add_to(self, administrator: KafkaAdministrator) -> None:
        """Tell a cluster that runs of their passwords and rights, once."""
        # not by the age of the data, which may be of a broker without people
        added = self._folder / "people-added"
        if added.exists():
            return
        administrator.set_scram_passwords({name: self.passwords[name] for name in PEOPLE})
        for user in (USER, f"CN={USER}"):
            administrator.allow(user, RIGHTS_OF_A_RUN)
        added.touch()

    def _write_client_properties(self, user: str) -> None:
        client = ClientIdentity(
            user, self.kdc.full_name(user), self.kdc.keytab(user), self.passwords[user], self.authority
        )
        for way in WAYS:
            path = self.client_properties(user, way)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, to_properties_text(build_client_properties(client, way)))

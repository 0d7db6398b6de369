"""What a broker's administrator does: rights (ACLs) and the passwords of SCRAM's users."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.kafka.secure_settings import ADMIN, SCRAM


@dataclass(frozen=True)
class Right:
    """Operations on a ``TOPIC``, ``GROUP``, ``TRANSACTIONAL_ID`` or ``CLUSTER``, by Kafka's own words.

    With ``prefixed`` they are on all whose names begin with ``name``.
    """

    resource: str
    name: str
    operations: tuple[str, ...] = ("ALL",)
    prefixed: bool = False


_KNOWN_SECONDS = 30.0
RIGHTS_OF_A_RUN = (
    Right("TOPIC", "eth_", prefixed=True),
    Right("TRANSACTIONAL_ID", "ethlogs:", prefixed=True),
    Right("GROUP", "ethlogs", prefixed=True),
)
"""What ethlogs needs to create its topics, to write them and to read them."""


class KafkaAdministrator:
    """Kafka as its super user sees it, by the listener that the broker itself uses."""

    def __init__(self, address: str, password: str) -> None:
        self._config: dict[str, Any] = {
            "bootstrap_servers": address,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "PLAIN",
            "sasl_plain_username": ADMIN,
            "sasl_plain_password": password,
        }

    @property
    def login(self) -> dict[str, Any]:
        """kafka-python's settings."""
        return dict(self._config)

    @contextmanager
    def client(self) -> Iterator[KafkaAdminClient]:
        """Give an admin client that is closed afterwards."""
        client = KafkaAdminClient(**self._config)
        try:
            yield client
        finally:
            client.close()

    def allow(self, user: str, rights: Sequence[Right]) -> None:
        """Give rights to a user; of a client's certificate that is its whole name, as ``CN=ethlogs``."""
        with self.client() as client:
            result = client.create_acls([acl for right in rights for acl in _to_acls(user, right)])
            if result["failed"]:
                raise DevnetError(f"Kafka did not take the rights of {user}: {result['failed']}")
            _wait_until_known(client, user, rights, present=True)

    def revoke(self, user: str, rights: Sequence[Right]) -> None:
        """Take rights away that were given by the same names."""
        with self.client() as client:
            client.delete_acls([one for right in rights for one in _to_filters(user, right)])
            _wait_until_known(client, user, rights, present=False)

    def set_scram_passwords(self, passwords: Mapping[str, str]) -> None:
        """Create users of both SCRAM mechanisms, or change their passwords."""
        with self.client() as client:
            for name in SCRAM:  # a request may name a user once
                mechanism = ScramMechanism[name.replace("-", "_")]
                users = [
                    UserScramCredentialUpsertion(user, mechanism, password)
                    for user, password in passwords.items()
                ]
                result = client.alter_user_scram_credentials(users)
                if failed := [message for message in result.values() if message]:
                    raise DevnetError(f"Kafka did not take the users of {name}: {failed}")


def _wait_until_known(client: KafkaAdminClient, user: str, rights: Sequence[Right], *, present: bool) -> None:
    """A change is acknowledged by the controller before the broker goes by it."""
    deadline = time.monotonic() + _KNOWN_SECONDS
    for one in [one for right in rights for one in _to_filters(user, right)]:
        while bool(client.describe_acls(one)[0]) is not present:
            if time.monotonic() > deadline:
                raise DevnetError(f"the broker does not go by the rights of {user}")
            time.sleep(0.02)


def _to_acls(user: str, right: Right) -> list[ACL]:
    resource = ResourcePattern(ResourceType[right.resource], right.name, _to_pattern_type(right))
    return [
        ACL(f"User:{user}", "*", ACLOperation[name], ACLPermissionType.ALLOW, resource)
        for name in right.operations
    ]


def _to_filters(user: str, right: Right) -> list[ACLFilter]:
    resource = ResourcePatternFilter(ResourceType[right.resource], right.name, _to_pattern_type(right))
    return [
        ACLFilter(f"User:{user}", "*", ACLOperation[name], ACLPermissionType.ALLOW, resource)
        for name in right.operations
    ]


def _to_pattern_type(right: Right) -> ACLResourcePatternType:
    return ACLResourcePatternType.PREFIXED if right.prefixed else ACLResourcePatternType.LITERAL

"""The rights of a principal (KIP-430), and for a missing one the kafka-acls line that grants it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from ethlogs.errors import NotAuthorizedError
from ethlogs.kafka.principal import find_principal
from ethlogs.settings import KafkaSettings

READER = frozenset({"READ"})
"""On a topic that is read; DESCRIBE comes with it."""
WRITER = READER | {"WRITE", "DESCRIBE_CONFIGS"}
"""On a topic of a stream: it is read to resume after its tip and to retract what a reorg orphans, and its
settings say whether Kafka would forget records."""

_UNKNOWN = "NAME"


class MissingRightError(NotAuthorizedError):
    """A right that this client's principal lacks, where it is not known who that is."""

    def __init__(self, message: str, grant: str) -> None:
        """``grant`` is what of the line says which right it is."""
        super().__init__(message, hint=_build_line(grant, _UNKNOWN, "HOST:PORT"))
        self._grant = grant

    def of_client(self, settings: KafkaSettings) -> NotAuthorizedError:
        """Return the error with the client's own principal and brokers in the line."""
        principal = find_principal(settings) or _UNKNOWN
        return NotAuthorizedError(
            str(self), hint=_build_line(self._grant, principal, settings.bootstrap_servers)
        )


def _build_line(grant: str, principal: str, servers: str) -> str:
    line = f"kafka-acls --bootstrap-server {servers} --command-config ADMIN.properties --add"
    return f"{line} --allow-principal {shlex.quote(f'User:{principal}')} {grant}"


def missing_right(name: str, operations: Iterable[str]) -> MissingRightError:
    """The error for operations that this principal lacks on a topic."""
    wanted = sorted(operations)
    spelled = "".join(f"--operation {operation.title().replace('_', '')} " for operation in wanted)
    return MissingRightError(
        f"this principal has no {' and no '.join(wanted)} on the topic {name}", f"{spelled}--topic {name}"
    )


def missing_transaction_right(transactional_id: str) -> MissingRightError:
    """The error for a transactional id; its hint grants all ids of the stream, and no other stream's."""
    id_prefix = transactional_id[: transactional_id.rindex(":") + 1]
    return MissingRightError(
        f"this principal has no WRITE on the transactional id {transactional_id}",
        f"--operation Write --transactional-id {id_prefix} --resource-pattern-type prefixed",
    )


def require_rights(name: str, operations: frozenset[str], needed: frozenset[str]) -> None:
    """Refuse a topic on which this principal lacks a right, where the brokers tell.

    Raises
    ------
    MissingRightError
        With the line of kafka-acls that grants it.
    """
    missing = needed - operations
    if operations and "ALL" not in operations and missing:
        raise missing_right(name, missing)

"""What a principal may do (KIP-430); a missing right in Kafka's own words, with the line that grants it."""

from __future__ import annotations

from collections.abc import Iterable

from ethlogs.errors import NotAuthorizedError

READER = frozenset({"READ"})
"""On a topic that is read; DESCRIBE comes with it."""
WRITER = READER | {"WRITE", "DESCRIBE_CONFIGS"}
"""On a topic of a stream: it is read to go on after its tip and to retract what a reorg orphans, and its
settings say whether Kafka would forget records."""


def missing_right(name: str, operations: Iterable[str]) -> NotAuthorizedError:
    """The error for operations that this principal lacks on a topic."""
    wanted = sorted(operations)
    spelled = "".join(f" --operation {operation.title().replace('_', '')}" for operation in wanted)
    return NotAuthorizedError(
        f"this principal has no {' and no '.join(wanted)} on the topic {name}",
        hint=f"kafka-acls --add --allow-principal User:NAME{spelled} --topic {name}"
        " --bootstrap-server HOST:PORT --command-config ADMIN.properties",
    )


def missing_transaction_right(transactional_id: str) -> NotAuthorizedError:
    """The error for a transactional id; its hint grants all ids of the stream, and no other stream's."""
    id_prefix = transactional_id[: transactional_id.rindex(":") + 1]
    return NotAuthorizedError(
        f"this principal has no WRITE on the transactional id {transactional_id}",
        hint=f"kafka-acls --add --allow-principal User:NAME --operation Write --transactional-id {id_prefix}"
        " --resource-pattern-type prefixed --bootstrap-server HOST:PORT --command-config ADMIN.properties",
    )


def require_rights(name: str, operations: frozenset[str], needed: frozenset[str]) -> None:
    """Refuse a topic on which this principal lacks a right, where the brokers tell.

    Raises
    ------
    NotAuthorizedError
        With the line of kafka-acls that grants it.
    """
    missing = needed - operations
    if operations and "ALL" not in operations and missing:
        raise missing_right(name, missing)

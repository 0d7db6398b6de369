"""What a principal may do (KIP-430); a missing right in Kafka's own words, with the line that grants it."""

from __future__ import annotations

from collections.abc import Iterable

from ethlogs.errors import NotAuthorizedError

READER = frozenset({"READ"})
"""On a topic that is read; DESCRIBE comes with it."""
WRITER = READER | {"WRITE", "DESCRIBE_CONFIGS"}
"""On a topic of a stream: it is read to go on after its tip and to retract what a reorg orphans, and its
settings say whether Kafka would forget records."""

_FLAGS = {"topic": "--topic", "transactional id": "--transactional-id"}


def missing_right(resource: str, name: str, operations: Iterable[str]) -> NotAuthorizedError:
    """The error for operations that this principal lacks on a ``topic`` or a ``transactional id``."""
    wanted = sorted(operations)
    spelled = "".join(f" --operation {operation.title().replace('_', '')}" for operation in wanted)
    return NotAuthorizedError(
        f"this principal has no {' and no '.join(wanted)} on the {resource} {name}",
        hint=f"kafka-acls --add --allow-principal User:NAME{spelled} {_FLAGS[resource]} {name}"
        " --bootstrap-server HOST:PORT --command-config ADMIN.properties",
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
        raise missing_right("topic", name, missing)

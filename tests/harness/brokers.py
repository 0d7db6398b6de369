"""What an administrator changes on brokers while a stream is written."""

from __future__ import annotations

from collections.abc import Sequence

from kafka.admin import ACL, ACLFilter, ConfigResource, ResourcePatternFilter
from kafka.protocol.admin.client_quotas import AlterClientQuotasRequest

from tests.harness.running import wait_until
from tests.harness.streams import admin_client


def add_acls(bootstrap: str, acls: Sequence[ACL]) -> None:
    """Give or deny rights, and wait: the controller acknowledges them before the broker goes by them."""
    with admin_client(bootstrap) as client:
        client.create_acls(acls)
        filters = [_filter_of(acl) for acl in acls]
        wait_until(
            lambda: all(client.describe_acls(one)[0] for one in filters), "the broker knows the rights"
        )


def _filter_of(acl: ACL) -> ACLFilter:
    pattern = acl.resource_pattern
    resource = ResourcePatternFilter(pattern.resource_type, pattern.resource_name, pattern.pattern_type)
    return ACLFilter(acl.principal, acl.host, acl.operation, acl.permission_type, resource)


def set_topic_config(bootstrap: str, topic: str, name: str, value: str) -> None:
    """Change one setting of a topic."""
    with admin_client(bootstrap) as client:
        client.alter_configs([ConfigResource("TOPIC", topic, {name: value})])


def set_quota(bootstrap: str, bytes_per_second: float | None) -> None:
    """Limit what each client may produce; ``None`` takes the limit away.

    kafka-python's administrator has no method for it, but the protocol's messages, and the way to send them.
    """
    entry = AlterClientQuotasRequest.EntryData
    operation = entry.OpData(
        key="producer_byte_rate", value=bytes_per_second or 0.0, remove=bytes_per_second is None
    )
    everybody = entry.EntityData(entity_type="client-id", entity_name=None)
    request = AlterClientQuotasRequest(
        entries=[entry(entity=[everybody], ops=[operation])], validate_only=False
    )
    with admin_client(bootstrap) as client:
        (found,) = client._manager.run(client._manager.send, request).entries
        assert found.error_code == 0, found.error_message

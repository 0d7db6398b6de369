"""What an administrator changes on brokers while a stream is written."""

from __future__ import annotations

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource
from kafka.protocol.admin.client_quotas import AlterClientQuotasRequest


def set_topic_config(bootstrap: str, topic: str, name: str, value: str) -> None:
    """Change one setting of a topic."""
    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        client.alter_configs([ConfigResource("TOPIC", topic, {name: value})])
    finally:
        client.close()


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
    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        (found,) = client._manager.run(client._manager.send, request).entries
        assert found.error_code == 0, found.error_message
    finally:
        client.close()

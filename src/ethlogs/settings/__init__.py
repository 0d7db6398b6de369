"""Settings: frozen value objects, declared once, made at the edge and passed down.

Whatever may hold a secret (node URLs, Kafka client settings) is left out of every ``repr``.
"""

from ethlogs.settings.codec import from_json, to_json
from ethlogs.settings.kafka import (
    BrokerOptions,
    KafkaOptions,
    KafkaSettings,
    KerberosOptions,
    KerberosSettings,
)
from ethlogs.settings.node import NodeOptions, NodeSettings, display_url
from ethlogs.settings.run import RunSettings
from ethlogs.settings.selection import Abi, SelectionOptions, SelectionSettings
from ethlogs.settings.stream import (
    FollowSettings,
    Head,
    Proof,
    ProofSettings,
    RangeSettings,
    StreamSettings,
    TopicCreation,
)

__all__ = [
    "Abi",
    "BrokerOptions",
    "FollowSettings",
    "Head",
    "KafkaOptions",
    "KafkaSettings",
    "KerberosOptions",
    "KerberosSettings",
    "NodeOptions",
    "NodeSettings",
    "Proof",
    "ProofSettings",
    "RangeSettings",
    "RunSettings",
    "SelectionOptions",
    "SelectionSettings",
    "StreamSettings",
    "TopicCreation",
    "display_url",
    "from_json",
    "to_json",
]

"""Every Ethereum event log on a Kafka topic: complete, once, in order, and proven."""

__version__ = "0.1.0"

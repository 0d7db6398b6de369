"""kafka-python's error classes by what they mean; one that is in no list may pass."""

from __future__ import annotations

import kafka.errors as kafka_errors

from ethlogs.one_line import to_one_line

FENCED = (
    kafka_errors.ProducerFencedError,
    kafka_errors.InvalidProducerEpochError,
    kafka_errors.InvalidProducerIdMappingError,
)
TOO_LARGE = (kafka_errors.MessageSizeTooLargeError, kafka_errors.RecordListTooLargeError)
SETTINGS = (
    kafka_errors.KafkaConfigurationError,
    kafka_errors.UnsupportedSaslMechanismError,
    kafka_errors.UnsupportedVersionError,
    kafka_errors.UnsupportedCodecError,
    kafka_errors.UnsupportedCompressionTypeError,
    kafka_errors.InvalidConfigurationError,
    kafka_errors.InvalidRequestError,
    kafka_errors.InvalidTransactionTimeoutError,
    kafka_errors.InvalidReplicationFactorError,
    kafka_errors.InvalidPartitionsError,
    kafka_errors.PolicyViolationError,
)
TOPIC = (kafka_errors.InvalidTopicError, kafka_errors.UnknownTopicOrPartitionError)


def describe(exc: BaseException) -> str:
    """Return the class and the text of an error; kafka-python repeats the class's name in the text."""
    name, text = type(exc).__name__, to_one_line(str(exc))
    return text if text.startswith(name) else f"{name}: {text}"

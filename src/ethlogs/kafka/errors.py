"""kafka-python's exceptions as ours, and a limit for its calls that have none."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import kafka.errors as kafka_errors

from ethlogs.errors import (
    DeliveryError,
    EthlogsError,
    KafkaUnavailableError,
    KerberosError,
    NotAuthorizedError,
    SettingsError,
    TopicError,
)
from ethlogs.kafka.refusals import UNTRUSTED, last_refusal

T = TypeVar("T")

FENCED = (
    kafka_errors.ProducerFencedError,
    kafka_errors.InvalidProducerEpochError,
    kafka_errors.InvalidProducerIdMappingError,
)

_TOO_LARGE = (kafka_errors.MessageSizeTooLargeError, kafka_errors.RecordListTooLargeError)
_SETTINGS = (
    kafka_errors.KafkaConfigurationError,
    kafka_errors.UnsupportedSaslMechanismError,
    kafka_errors.UnsupportedVersionError,
    kafka_errors.UnsupportedCodecError,
    kafka_errors.InvalidTransactionTimeoutError,
    kafka_errors.InvalidReplicationFactorError,
    kafka_errors.InvalidPartitionsError,
    kafka_errors.PolicyViolationError,
)
_TOPIC = (kafka_errors.InvalidTopicError, kafka_errors.UnknownTopicOrPartitionError)


class FencedError(KafkaUnavailableError):
    """The transactional id was taken by another producer, or the broker gave up the transaction.

    The error alone cannot tell the two apart; the ledger's claim can.
    """


@contextlib.contextmanager
def mapped_errors(doing: str) -> Iterator[None]:
    """Turn whatever kafka-python raises into an error of ours, with the cause kept.

    What is not known to be final counts as passing: a new producer finds out from the ledger.
    """
    try:
        yield
    except kafka_errors.KafkaError as exc:
        raise to_ethlogs_error(exc, doing) from exc
    except (OSError, TimeoutError) as exc:
        raise KafkaUnavailableError(
            f"Kafka could not be reached while {doing}: {exc}",
            hint="is Kafka running, and is --bootstrap-server right?",
        ) from exc


def to_ethlogs_error(exc: BaseException, doing: str) -> EthlogsError:
    """The error of ours that stands for kafka-python's."""
    if isinstance(exc, kafka_errors.KafkaTimeoutError) and "bootstrap" in str(exc):
        refusal = _explain_refusal(last_refusal(), doing)
        if refusal is not None:
            return refusal
    said = _describe(exc)
    if isinstance(exc, FENCED) or "Error 90" in str(exc):
        return FencedError(f"while {doing}, Kafka fenced this producer ({said})")
    if isinstance(exc, kafka_errors.SaslAuthenticationFailedError):
        return _explain_login(exc, doing)
    if isinstance(exc, kafka_errors.AuthorizationError):
        return NotAuthorizedError(
            f"Kafka refused the right needed for {doing} ({said})",
            hint="was it taken away since? ethlogs doctor names what is missing, and the line that grants it",
        )
    if isinstance(exc, _TOO_LARGE):
        return DeliveryError(
            f"Kafka refused a record as too large while {doing} ({said})",
            hint="raise max.message.bytes of the event-log topic (16 MiB is what ethlogs creates it with)",
        )
    if isinstance(exc, _SETTINGS):
        return SettingsError(f"Kafka refused the settings while {doing} ({said})")
    if isinstance(exc, kafka_errors.OffsetOutOfRangeError):
        return TopicError(
            f"records are not on Kafka any more while {doing} ({said})",
            hint="retention deleted them, or the topic was deleted and created again, while they were read",
        )
    if isinstance(exc, _TOPIC):
        return TopicError(f"a topic is missing or its name is not valid, while {doing} ({said})")
    return KafkaUnavailableError(
        f"Kafka failed while {doing} ({said})", hint="is Kafka running, and is --bootstrap-server right?"
    )


def _explain_refusal(reason: BaseException | None, doing: str) -> EthlogsError | None:
    """What asking again does not change: who this client is, or whom it trusts."""
    if isinstance(reason, kafka_errors.SaslAuthenticationFailedError):
        return _explain_login(reason, doing)
    if isinstance(reason, _SETTINGS):
        return SettingsError(f"Kafka refused the settings while {doing} ({_describe(reason)})")
    if UNTRUSTED in str(reason):
        return SettingsError(
            f"the brokers' certificate was not accepted while {doing}: {reason}",
            hint="give the company's CA by ssl.truststore.location in --command-config, and brokers by the"
            " names in their certificates",
        )
    # Not by import: the library is in no environment that does not need it.
    if any(kind.__name__ == "GSSError" for kind in type(reason).__mro__):
        return KerberosError(
            f"there is no ticket for the brokers while {doing}: {reason}",
            hint="kinit, or give --principal and --keytab; ethlogs doctor says more",
        )
    return None


def _explain_login(reason: BaseException, doing: str) -> EthlogsError:
    """Also after the first broker let it in: of several, each has a key and a clock of its own."""
    return NotAuthorizedError(
        f"Kafka did not let this client in while {doing} ({_describe(reason)})",
        hint="are principal, user and password those that the brokers know? With Kerberos: is their"
        " own keytab that of their present key, and are their clocks right?",
    )


def _describe(exc: BaseException) -> str:
    """kafka-python repeats the class's name in the text."""
    name, text = type(exc).__name__, str(exc)[:300]
    return text if text.startswith(name) else f"{name}: {text}"


def run_with_limit(function: Callable[[], T], seconds: float, doing: str) -> T:
    """Call a function that may hang for ever; the thread is left behind where it does.

    Raises
    ------
    KafkaUnavailableError
        When it does not return in time.
    """
    outcome: dict[str, Any] = {}

    def call() -> None:
        try:
            outcome["value"] = function()
        except BaseException as exc:  # noqa: BLE001 - raised again on the caller's thread
            outcome["error"] = exc

    thread = threading.Thread(target=call, name=f"limited: {doing}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise KafkaUnavailableError(f"Kafka did not answer within {seconds:g} seconds while {doing}")
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]  # type: ignore[no-any-return]

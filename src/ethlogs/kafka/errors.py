"""kafka-python's exceptions as ours, and a limit for its calls that have none."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import kafka.errors as kafka_errors

from ethlogs.errors import (
    DeliveryError,
    EthlogsError,
    KafkaUnavailableError,
    NotAuthorizedError,
    SettingsError,
    TopicError,
)
from ethlogs.kafka.internals import NetworkSide
from ethlogs.kafka.kinds import FENCED, SETTINGS, TOO_LARGE, TOPIC, describe
from ethlogs.kafka.no_contact import REFUSED_HINT, explain_login, explain_no_contact
from ethlogs.kafka.refusals import last_failure
from ethlogs.settings import KafkaSettings

T = TypeVar("T")

CONNECT_SECONDS = 30.0
_CLOSE_SECONDS = 5.0
_REACHED: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
"""The brokers that this process was connected with, each with the settings that it used."""


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


def connect(kind: Callable[..., T], config: Mapping[str, Any], settings: KafkaSettings) -> T:
    """Make a client of kafka-python, which connects; where there is no contact, say why.

    Its own limit does not cover a TLS handshake that nobody answers. Nothing is left open of a client that
    was not made: a broker that is away is asked again and again.

    Raises
    ------
    SettingsError
        When the client does not take a setting, or one does not fit what the brokers speak and no client of
        this process was ever connected.
    NotAuthorizedError, KerberosError
        When the brokers refuse who this is.
    KafkaUnavailableError
        When it may pass.
    """
    doing = f"connecting to {settings.bootstrap_servers}"
    network = NetworkSide()
    with mapped_errors(doing), _closed_unless_made(network):
        try:
            client = run_with_limit(lambda: kind(**config, kafka_client=network), CONNECT_SECONDS, doing)
        except kafka_errors.KafkaTimeoutError as exc:
            explained = explain_no_contact(settings, last_failure(), doing)
            if explained is None:
                raise
            raise _unless_it_worked_before(explained, settings) from exc
        except (ValueError, TypeError, RuntimeError) as exc:
            refused = SettingsError(
                f"the Kafka client does not take its settings: {describe(exc)}",
                hint="look at --kafka-config and --command-config",
            )
            raise _unless_it_worked_before(refused, settings) from exc
    _REACHED.add(_way(settings))
    return client


@contextlib.contextmanager
def _closed_unless_made(network: NetworkSide) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(Exception):  # whatever it is would hide why there is no client
            run_with_limit(network.close, _CLOSE_SECONDS, "closing a client that could not connect")
        raise


def _unless_it_worked_before(error: EthlogsError, settings: KafkaSettings) -> EthlogsError:
    """Settings that worked before may do so again: a DNS that is away, a broker that was set up again."""
    if isinstance(error, SettingsError) and _way(settings) in _REACHED:
        return KafkaUnavailableError(str(error), hint=error.hint)
    return error


def _way(settings: KafkaSettings) -> tuple[str, tuple[tuple[str, str], ...]]:
    return settings.bootstrap_servers, settings.client


def to_ethlogs_error(exc: BaseException, doing: str) -> EthlogsError:
    """Return the error of this project for one of kafka-python's."""
    said = describe(exc)
    if isinstance(exc, FENCED):
        return FencedError(f"while {doing}, Kafka fenced this producer ({said})")
    if isinstance(exc, kafka_errors.SaslAuthenticationFailedError):
        return explain_login(exc, doing)
    if isinstance(exc, kafka_errors.AuthorizationError):
        return NotAuthorizedError(
            f"Kafka: this principal is not authorized ({said}, while {doing})",
            hint="ethlogs doctor names the missing right and the kafka-acls line that grants it",
        )
    if isinstance(exc, TOO_LARGE):
        return DeliveryError(
            f"Kafka refused a record as too large while {doing} ({said})",
            hint="raise max.message.bytes of the event-log topic (16 MiB is what ethlogs creates it with)",
        )
    if isinstance(exc, SETTINGS):
        return SettingsError(f"Kafka refused the settings while {doing} ({said})", hint=REFUSED_HINT)
    if isinstance(exc, kafka_errors.OffsetOutOfRangeError):
        return TopicError(
            f"records are not on Kafka any more while {doing} ({said})",
            hint="retention deleted them, or the topic was deleted and created again, while they were read",
        )
    if isinstance(exc, TOPIC):
        return TopicError(
            f"a topic is missing or its name is not valid, while {doing} ({said})",
            hint="is --topic right? ethlogs produce --create-topics creates the topics of a stream",
        )
    return KafkaUnavailableError(
        f"Kafka failed while {doing} ({said})", hint="is Kafka running, and is --bootstrap-server right?"
    )


def no_answer(seconds: float, doing: str) -> KafkaUnavailableError:
    """Return the error of a call whose time is over."""
    return KafkaUnavailableError(
        f"Kafka did not answer within {seconds:g} seconds while {doing}",
        hint="are the brokers well? ethlogs doctor asks each thing that a run needs of them",
    )


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
        raise no_answer(seconds, doing)
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]  # type: ignore[no-any-return]

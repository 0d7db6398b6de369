"""kafka-python's errors: each is mapped, and a new one does not go unnoticed."""

from __future__ import annotations

import gc
import inspect
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import kafka.errors as kafka_errors
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

from ethlogs.errors import (
    DeliveryError,
    EthlogsError,
    KafkaUnavailableError,
    NotAuthorizedError,
    SettingsError,
    TopicError,
)
from ethlogs.kafka import errors
from ethlogs.kafka.errors import FencedError, connect, mapped_errors, run_with_limit, to_ethlogs_error
from ethlogs.settings import KafkaSettings

# All that do not mean "a new producer may succeed".
FINAL = {
    NotAuthorizedError: """
        AuthorizationError ClusterAuthorizationFailedError DelegationTokenAuthorizationFailedError
        GroupAuthorizationFailedError SaslAuthenticationFailedError TopicAuthorizationFailedError
        TransactionalIdAuthorizationFailedError
    """,
    SettingsError: """
        IncompatibleBrokerVersion InvalidConfigurationError InvalidPartitionsError
        InvalidReplicationFactorError InvalidRequestError InvalidTransactionTimeoutError
        KafkaConfigurationError PolicyViolationError UnsupportedCodecError UnsupportedCompressionTypeError
        UnsupportedSaslMechanismError UnsupportedVersionError
    """,
    TopicError: "InvalidTopicError OffsetOutOfRangeError UnknownTopicOrPartitionError",
    DeliveryError: "MessageSizeTooLargeError RecordListTooLargeError",
    FencedError: "InvalidProducerEpochError InvalidProducerIdMappingError ProducerFencedError",
}

# All that may pass. A name that is in neither list is one that kafka-python grew: is it final?
PASSING = """
    BrokerIdNotRegisteredError BrokerNotAvailableError BrokerResponseError Cancelled CommitFailedError
    ConcurrentTransactionsError CoordinatorLoadInProgressError CoordinatorNotAvailableError
    CorrelationIdError CorruptRecordError DelegationTokenAuthDisabledError DelegationTokenExpiredError
    DelegationTokenNotFoundError DelegationTokenOwnerMismatchError DelegationTokenRequestNotAllowedError
    DuplicateBrokerRegistrationError DuplicateResourceError DuplicateSequenceNumberError
    DuplicateVoterError ElectionNotNeededError EligibleLeadersNotAvailableError FeatureUpdateFailedError
    FencedInstanceIdError FencedLeaderEpochError FencedMemberEpochError FencedStateEpochError
    FetchSessionIdNotFoundError FetchSessionTopicIdError GroupIdNotFoundError GroupMaxSizeReachedError
    GroupSubscribedToTopicError IllegalArgumentError IllegalGenerationError IllegalSaslStateError
    IllegalStateError InconsistentClusterIdError InconsistentGroupProtocolError InconsistentTopicIdError
    InconsistentVoterSetError IneligibleReplicaError InvalidCommitOffsetSizeError
    InvalidFetchRequestError InvalidFetchSessionEpochError InvalidGroupIdError
    InvalidMetadataError InvalidPrincipalTypeError InvalidReceiveError InvalidRecordError
    InvalidRecordStateError InvalidRegistrationError InvalidReplicationAssignmentError
    InvalidRequiredAcksError InvalidSessionTimeoutError InvalidShareSessionEpochError
    InvalidTimestampError InvalidTxnStateError InvalidUpdateVersionError InvalidVoterKeyError
    KafkaConnectionError KafkaError KafkaProtocolError KafkaStorageError KafkaTimeoutError
    LeaderNotAvailableError ListenerNotFoundError LogDirNotFoundError LogTruncationError
    MemberIdRequiredError MetadataEmptyBrokerList MismatchedEndpointTypeError NetworkExceptionError
    NewLeaderElectedError NoError NoOffsetForPartitionError NoReassignmentInProgressError
    NodeNotReadyError NonEmptyGroupError NotControllerError NotCoordinatorError
    NotEnoughReplicasAfterAppendError NotEnoughReplicasError NotLeaderForPartitionError
    OffsetMetadataTooLargeError OffsetMovedToTieredStorageError OffsetNotAvailableError
    OperationNotAttemptedError OutOfOrderSequenceNumberError PositionOutOfRangeError
    PreferredLeaderNotAvailableError PrincipalDeserializationFailureError QuotaViolationError
    ReassignmentInProgressError RebalanceInProgressError ReplicaNotAvailableError RequestTimedOutError
    ResourceNotFoundError RetriableError SecurityDisabledError ShareSessionNotFoundError
    SnapshotNotFoundError StaleBrokerEpochError StaleControllerEpochError StaleMemberEpochError
    StaleMetadata TelemetryTooLargeError ThrottlingQuotaExceededError TooManyInFlightRequests
    TopicAlreadyExistsError TopicDeletionDisabledError TransactionAbortableError TransactionAbortedError
    TransactionCoordinatorFencedError TransactionalIdNotFoundError UnacceptableCredentialError
    UnknownBrokerIdError UnknownControllerIdError UnknownError UnknownLeaderEpochError
    UnknownMemberIdError UnknownProducerIdError UnknownSubscriptionIdError UnknownTopicIdError
    UnrecognizedBrokerVersion UnreleasedInstanceIdError UnstableOffsetCommitError UnsupportedAssignorError
    UnsupportedEndpointTypeError UnsupportedForMessageFormatError
    VoterNotFoundError
"""

CLASSES: dict[str, Callable[[object], kafka_errors.KafkaError]] = {
    kind.__name__: kind
    for _, kind in inspect.getmembers(kafka_errors, inspect.isclass)
    if issubclass(kind, kafka_errors.KafkaError)
}
FINAL_BY_NAME = {name: ours for ours, names in FINAL.items() for name in names.split()}


def make(name: str) -> kafka_errors.KafkaError:
    if name == "LogTruncationError":
        return CLASSES[name]({})
    return CLASSES[name]("what Kafka said")


def test_no_error_of_kafka_python_is_new() -> None:
    assert CLASSES.keys() == {*FINAL_BY_NAME, *PASSING.split()}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_error_of_kafka_python_is_one_of_ours(name: str) -> None:
    error = to_ethlogs_error(make(name), "producing to logs")
    assert type(error) is FINAL_BY_NAME.get(name, KafkaUnavailableError)
    assert name in str(error)
    assert "producing to logs" in str(error)


def test_a_login_that_one_of_several_brokers_refuses_is_no_missing_right() -> None:
    """kafka-python raises it where another broker has let the client in before."""
    error = to_ethlogs_error(kafka_errors.SaslAuthenticationFailedError("no"), "reading")
    assert "Kafka authentication failed while reading" in str(error)
    assert "own keytab" in (error.hint or "")


def test_the_class_is_told_once() -> None:
    text = str(to_ethlogs_error(kafka_errors.KafkaTimeoutError("too slow"), "producing"))
    assert text.count("KafkaTimeoutError") == 1


@pytest.mark.parametrize(
    ("raised", "ours"),
    [
        (kafka_errors.TopicAuthorizationFailedError("no"), NotAuthorizedError),
        (kafka_errors.KafkaTimeoutError("slow"), KafkaUnavailableError),
        (ConnectionResetError("gone"), KafkaUnavailableError),
        (TimeoutError("slow"), KafkaUnavailableError),
    ],
)
def test_an_error_is_mapped_with_its_cause(raised: Exception, ours: type[EthlogsError]) -> None:
    with pytest.raises(ours) as caught, mapped_errors("reading"):
        raise raised
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize("raised", [ZeroDivisionError("a defect"), TopicError("ours already")])
def test_what_is_not_kafkas_passes_as_it_is(raised: Exception) -> None:
    with pytest.raises(type(raised)) as caught, mapped_errors("reading"):
        raise raised
    assert caught.value is raised


def test_a_call_in_time_returns_its_value() -> None:
    assert run_with_limit(lambda: 7, 10.0, "asking") == 7


def test_a_call_that_fails_raises_its_own_error() -> None:
    def fail() -> None:
        raise kafka_errors.ProducerFencedError("taken")

    with pytest.raises(kafka_errors.ProducerFencedError, match="taken"):
        run_with_limit(fail, 10.0, "committing")


def test_a_call_that_hangs_is_left_behind() -> None:
    never = threading.Event()
    with pytest.raises(KafkaUnavailableError, match=r"did not answer within 0\.05 seconds while committing"):
        run_with_limit(lambda: never.wait(30), 0.05, "committing")
    never.set()


REFUSALS = (
    ValueError("Zstd Requires >= Kafka 2.1 Brokers"),
    RuntimeError("Libraries for zstd compression codec not found"),
    TypeError("'str' object is not callable"),
)


def refuse(error: Exception) -> Callable[..., object]:
    """A client that is not made."""

    def make_client(**_config: object) -> object:
        raise error

    return make_client


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_client_that_refuses_its_settings_is_a_wrong_setting(refusal: Exception) -> None:
    with pytest.raises(SettingsError, match="does not take its settings: ") as caught:
        connect(refuse(refusal), {}, KafkaSettings("never-reached:9092", ()))
    assert str(refusal) in str(caught.value)
    assert caught.value.__cause__ is refusal


def test_what_worked_before_may_pass() -> None:
    settings = KafkaSettings("reached:9092", ())
    assert connect(lambda **_config: "client", {}, settings) == "client"
    with pytest.raises(KafkaUnavailableError, match="does not take its settings"):
        connect(refuse(REFUSALS[0]), {}, settings)


@pytest.mark.parametrize("kind", [KafkaAdminClient, KafkaConsumer, KafkaProducer])
def test_a_client_that_reaches_no_broker_leaves_nothing_open(
    kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that is away for an hour is asked thousands of times."""
    monkeypatch.setattr(errors, "explain_no_contact", lambda *_: None)  # which asks for some seconds
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        address = f"127.0.0.1:{frozen.getsockname()[1]}"
        config = {"bootstrap_servers": address, "bootstrap_timeout_ms": 200}
        gc.collect()  # what other tests have left
        threads, descriptors = set(threading.enumerate()), set(Path("/proc/self/fd").iterdir())
        with pytest.raises(KafkaUnavailableError):
            connect(kind, config, KafkaSettings(address, ()))
        gc.collect()
        assert set(threading.enumerate()) <= threads
        assert set(Path("/proc/self/fd").iterdir()) <= descriptors

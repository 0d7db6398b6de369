"""Everything that can go wrong, each with the exit status that it ends the process with.

    EthlogsError                  1
    ├─ UsageError                 2
    ├─ SettingsError              3
    ├─ PackError                  4
    ├─ KerberosError              5
    │  └─ NotAuthorizedError      5
    ├─ NodeError                  6
    │  ├─ NodeUnavailableError    6   (may pass: asked again)
    │  ├─ NodeRefusedError        6
    │  │  ├─ MissingMethodError   6
    │  │  └─ BlockGoneError       6
    │  ├─ BlockNotFoundError      6
    │  ├─ ReorgError              6
    │  ├─ BrokenChainError        6
    │  └─ UnprovenError           6
    │     └─ UnprovableChainError  6
    ├─ DeliveryError              7
    │  ├─ KafkaUnavailableError   7   (may pass: asked again)
    │  ├─ TopicError              7
    │  └─ LedgerError             7
    ├─ SubmissionError            8
    │  ├─ LostContainerError      8   (may pass: YARN starts the next attempt)
    │  ├─ HadoopError             8
    │  │  └─ HadoopUnavailableError  8   (may pass: asked again)
    │  └─ LivyError            8
    │     └─ LivyUnavailableError  8   (may pass: asked again)
    ├─ SupersededError            9
    ├─ DifferenceError           10
    ├─ DeadlineError             11
    ├─ OutcomeUnknownError       12
    └─ InterruptedRunError  130, 143

A message says what happened and why; ``hint`` says what to do.
"""

from __future__ import annotations

import signal
from enum import IntEnum


class ExitStatus(IntEnum):
    """The exit statuses of every command: a public contract for shell scripts."""

    DONE = 0
    DEFECT = 1
    USAGE = 2
    SETTINGS = 3
    PACK = 4
    KERBEROS = 5
    NODE = 6
    DELIVERY = 7
    SUBMISSION = 8
    SUPERSEDED = 9
    DIFFERENCE = 10
    DEADLINE = 11
    UNKNOWN = 12
    SIGINT = 130
    SIGTERM = 143


class EthlogsError(Exception):
    """Root of every error that ethlogs raises on purpose."""

    exit_status: ExitStatus = ExitStatus.DEFECT

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(EthlogsError):
    """Two options do not go together."""

    exit_status = ExitStatus.USAGE


class SettingsError(EthlogsError):
    """A setting, or something that a setting names, cannot be used."""

    exit_status = ExitStatus.SETTINGS

    def __init__(self, message: str, *, hint: str | None = None, flag: str | None = None) -> None:
        """``flag`` is the setting's, where the message begins with it."""
        super().__init__(message, hint=hint)
        self.flag = flag

    def at(self, place: str | None) -> SettingsError:
        """Return the error with the place that the flag's value came from."""
        if self.flag is None or place is None:
            return self
        message = f"{self.flag} (from {place}){str(self).removeprefix(self.flag)}"
        return SettingsError(message, hint=self.hint)


class PackError(EthlogsError):
    """The environment's archive could not be made."""

    exit_status = ExitStatus.PACK


class KerberosError(EthlogsError):
    """A ticket could not be obtained or was refused."""

    exit_status = ExitStatus.KERBEROS


class NotAuthorizedError(KerberosError):
    """The principal lacks a right that the run needs."""


class NodeError(EthlogsError):
    """The Ethereum node cannot give what the run needs."""

    exit_status = ExitStatus.NODE


class NodeUnavailableError(NodeError):
    """The node did not answer, or answered that it cannot now; asking again may help."""

    def __init__(self, message: str, *, hint: str | None = None, retry_after_seconds: float = 0.0) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_seconds = retry_after_seconds


class NodeRefusedError(NodeError):
    """The node answered with an error that asking again does not change."""


class MissingMethodError(NodeRefusedError):
    """The node does not have a method, or not with these parameters."""


class BlockGoneError(NodeRefusedError):
    """The node does not give this block any more, or not as a whole."""


class BlockNotFoundError(NodeError):
    """The node does not have a block, or no longer has its receipts."""


class ReorgError(NodeError):
    """The node's chain does not have the stream's tip, and what it lacks may not be retracted."""


class BrokenChainError(NodeError):
    """The headers of a range are not linked to each other, or not to what the ledger has beside it."""


class UnprovenError(NodeError):
    """The node's answer does not agree with the block's header."""


class UnprovableChainError(UnprovenError):
    """A chain on which nothing can be proven, whichever node is asked."""


class DeliveryError(EthlogsError):
    """Kafka did not take the records."""

    exit_status = ExitStatus.DELIVERY


class KafkaUnavailableError(DeliveryError):
    """Kafka did not answer in time, or a transaction failed; a new producer may succeed."""


class TopicError(DeliveryError):
    """A topic is missing or has settings under which the guarantees do not hold."""


class LedgerError(DeliveryError):
    """The ledger holds something after which this run must not continue."""


class SubmissionError(EthlogsError):
    """spark-submit or the application failed."""

    exit_status = ExitStatus.SUBMISSION


class LostContainerError(SubmissionError):
    """YARN, or whoever has the node, ended the driver's container."""


class HadoopError(SubmissionError):
    """HDFS or YARN refused, or could not do, what was asked of it."""


class HadoopUnavailableError(HadoopError):
    """HDFS or YARN did not answer; asking again may help."""


class LivyError(SubmissionError):
    """Livy refused a request, or something other than Livy answered it."""


class LivyUnavailableError(LivyError):
    """Livy did not answer, or answered that it cannot now; asking again may help."""


class SupersededError(EthlogsError):
    """Another run has, or took, the stream."""

    exit_status = ExitStatus.SUPERSEDED


class DifferenceError(EthlogsError):
    """The records on Kafka differ from what was sent, or from the chain."""

    exit_status = ExitStatus.DIFFERENCE


class DeadlineError(EthlogsError):
    """The time that --timeout allows is over."""

    exit_status = ExitStatus.DEADLINE


class OutcomeUnknownError(EthlogsError):
    """The application may still be running; its outcome is unknown."""

    exit_status = ExitStatus.UNKNOWN


class InterruptedRunError(EthlogsError):
    """A signal or a request to stop ended the run."""

    def __init__(self, message: str, *, signal_number: int = signal.SIGINT, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.exit_status = ExitStatus(128 + signal_number)

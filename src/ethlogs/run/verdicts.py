"""The ends of a driver that are final: no later attempt of the run tries again.

A driver on YARN may be started again in a new container, an *attempt*, whatever ended the one before.
Final is what the user asked for, what another run decided, and what the settings decide: a later attempt
would find the same. Everything else may pass, and the next attempt resumes after what was committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ethlogs.errors import ExitStatus

FINAL: Mapping[ExitStatus, str] = {
    ExitStatus.DONE: "all that was asked for is done",
    ExitStatus.USAGE: "the command line would be the same",
    ExitStatus.SETTINGS: "the settings would be the same",
    ExitStatus.PACK: "the archive would be the same",
    ExitStatus.SUPERSEDED: "another run has the stream, and a superseded run never comes back",
    ExitStatus.DIFFERENCE: "a difference that was found once must not be hidden by a second look",
    ExitStatus.DEADLINE: "--timeout is the limit of the whole run",
    ExitStatus.SIGINT: "the user asked the run to stop",
    ExitStatus.SIGTERM: "the user asked the run to stop",
}
"""Why a report with this exit status is final.

A report has 130 or 143 only where the user asked: with a request in the run folder, or with a signal to a
driver on this machine. A signal in a container is YARN's, and the report has 8.
"""

MAY_PASS: Mapping[ExitStatus, str] = {
    ExitStatus.DEFECT: "what a defect stumbled over may be gone, or the node's answer may be another",
    ExitStatus.KERBEROS: "brokers refuse logins and rights while they load their metadata",
    ExitStatus.NODE: "nodes come back, synchronize, and correct their answers",
    ExitStatus.DELIVERY: "brokers come back",
    ExitStatus.SUBMISSION: "HDFS comes back, and a container that was lost is replaced",
    ExitStatus.UNKNOWN: "nobody knows how it ended",
}
"""Why the next attempt tries again after this exit status."""


def is_final(report: Mapping[str, Any]) -> bool:
    """Return whether a report is the last word on its run."""
    return report["exitStatus"] in FINAL

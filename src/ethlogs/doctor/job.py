"""The looks that count where the driver will be: node and Kafka, from a container of YARN."""

from __future__ import annotations

from typing import Any, ClassVar

from ethlogs.context import RunContext
from ethlogs.doctor.checkup import Checkup
from ethlogs.doctor.kafka import examine_kafka
from ethlogs.doctor.node import examine_node
from ethlogs.errors import EthlogsError
from ethlogs.settings.job import JobKind


class ClusterCheckup:
    """A job of the driver; its report has the findings."""

    kind: ClassVar[JobKind] = JobKind("doctor")

    def __init__(self, context: RunContext) -> None:
        self._settings, journal = context.settings, context.journal
        self._checkup = Checkup(lambda finding: journal.notify(finding.to_lines()))

    def run(self) -> None:
        """Look at node and Kafka; what is wrong is in the report."""
        settings = self._settings
        examine_node(self._checkup, settings.node, settings.follow.proof)
        examine_kafka(self._checkup, settings.kafka, settings.stream, settings.topics)

    def report(self, error: EthlogsError | None) -> dict[str, Any]:
        """The content of report.json."""
        first = next((f for f in self._checkup.findings if f.state == "failed"), None)
        status = int(error.exit_status) if error else self._checkup.exit_status
        return {
            "exitStatus": status,
            "error": str(error) if error else first and f"{first.name}: {first.text}",
            "hint": error.hint if error else first and first.hint,
            "run": self._settings.run,
            "findings": [finding.to_dict() for finding in self._checkup.findings],
        }


def verdict(findings: list[dict[str, Any]]) -> str:
    """How many of the findings are well."""
    states = [finding["state"] for finding in findings]
    return f"{states.count('ok')} ok, {states.count('failed')} failed, {states.count('skipped')} skipped"

"""The checks that count where the driver will be: node and Kafka, from a container of YARN."""

from __future__ import annotations

from typing import Any, ClassVar

from ethlogs.doctor.checkup import Checkup, build_report
from ethlogs.doctor.kafka import examine_kafka
from ethlogs.doctor.node import examine_node
from ethlogs.errors import EthlogsError
from ethlogs.run.context import RunContext
from ethlogs.settings.job import CHECKUP, JobKind


class ClusterCheckup:
    """A job of the driver; its report has the findings."""

    kind: ClassVar[JobKind] = CHECKUP

    def __init__(self, context: RunContext) -> None:
        self._settings, journal = context.settings, context.journal
        self._checkup = Checkup(lambda finding: journal.notify(finding.to_lines()), where="container")

    def run(self) -> None:
        """Check node and Kafka; what is wrong is in the report."""
        settings = self._settings
        chain = examine_node(self._checkup, settings.node, settings.follow.proof)
        examine_kafka(self._checkup, settings.kafka, settings.stream, settings.topics, chain)

    def report(self, error: EthlogsError | None) -> dict[str, Any]:
        """Return the content of report.json."""
        return build_report(tuple(self._checkup.findings), self._settings.run, error).to_dict()

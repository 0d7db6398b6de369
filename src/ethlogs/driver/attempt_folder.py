"""The run's folder as one attempt writes into it; all attempts of the run share the folder."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ethlogs.backoff import keep_trying
from ethlogs.errors import EthlogsError, ExitStatus
from ethlogs.hadoop.errors import mapped_errors
from ethlogs.run.attempt import Attempt
from ethlogs.run.folder import PROGRESS, REPORT, RunFiles
from ethlogs.spark.last_attempt import give_no_more_attempts

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class AttemptFolder:
    """A run's folder as one attempt sees it: only the latest attempt changes what is there."""

    files: RunFiles
    attempt: Attempt

    def find_later(self) -> int | None:
        """Return the attempt that YARN has started since it took this one for lost.

        A node that is cut off from the ResourceManager may still reach HDFS and Kafka.
        """
        if not self.attempt.in_container:
            return None
        number = (self.files.read_json(PROGRESS) or {}).get("attempt", 0)
        return int(number) if number > self.attempt.number else None

    def write_progress(self, snapshot: dict[str, Any]) -> int | None:
        """Write a snapshot, unless a later attempt writes its own: returns which one does."""
        later = self.find_later()
        if later is None:
            self.files.write_json(PROGRESS, snapshot)
        return later

    def write_report(self, report: dict[str, Any]) -> None:
        """Write the report, again where the folder does not take it; without it the exit status counts."""

        def write() -> None:
            if self.find_later() is None:
                self.files.write_json(REPORT, report)

        try:
            keep_trying(write, self.files.patience_seconds)
        except EthlogsError as exc:
            _LOG.error("%s", exc)

    def end_for_good(self, report: Mapping[str, Any], spark: Any) -> None:
        """Remove what no attempt needs any more; what stays, the next command of the user removes.

        YARN is given no reason to start another attempt, but by one that was superseded: if YARN has replaced
        it, what the application has is not its to end. ``spark`` is the SparkContext, if there is one.
        """
        try:
            if self.find_later() is None:
                self.files.remove_files()
                if self.attempt.in_container and report["exitStatus"] != ExitStatus.SUPERSEDED:
                    with mapped_errors("telling Spark that the run has ended"):
                        give_no_more_attempts(spark)
        except EthlogsError as exc:
            _LOG.warning("%s", exc)

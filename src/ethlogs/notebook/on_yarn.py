"""A run on YARN: its application, and its folder on HDFS."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ethlogs.errors import EthlogsError, OutcomeUnknownError
from ethlogs.hadoop.client import Hadoop
from ethlogs.notebook.cluster import ClusterAccess
from ethlogs.notebook.look import Look, see_failure, see_progress, see_report
from ethlogs.run.folder import RunFiles
from ethlogs.submission.applications import ApplicationHandle, read_defaults, run_of
from ethlogs.submission.driver_log import read_log
from ethlogs.submission.ending import end, require_owner
from ethlogs.submission.identity import Caller
from ethlogs.submission.layout import HdfsLayout
from ethlogs.submission.left_files import LeftFiles
from ethlogs.submission.watch import Watcher


@dataclass(frozen=True)
class RunOnYarn:
    """A run on YARN."""

    application: str
    run: str
    access: ClusterAccess = field(repr=False)
    fresh_seconds: ClassVar[float] = 2.0
    """A look takes one to two seconds."""

    @contextlib.contextmanager
    def opened(self) -> Iterator[LookingOnYarn]:
        """Hold Hadoop's clients, a JVM that takes one to two seconds to start."""
        with self.access.opened() as (hadoop, caller):
            folder = HdfsLayout.of(hadoop.files, self.access.hdfs_dir).run_folder(self.run)
            yield LookingOnYarn(self, hadoop, caller, folder)


class LookingOnYarn:
    """A run on YARN that can be looked at."""

    def __init__(self, run: RunOnYarn, hadoop: Hadoop, caller: Caller, folder: RunFiles) -> None:
        self._run = run
        self._hadoop = hadoop
        self._caller = caller
        self._folder = folder
        self._progress: dict[str, Any] | None = None
        self._watcher = Watcher(
            hadoop.applications, folder, run.application, lambda _text: None, self._keep_progress
        )

    def look(self) -> Look:
        """Look once; while YARN is away the run is as it was.

        Raises
        ------
        OutcomeUnknownError
            When YARN cannot be asked any more.
        """
        try:
            report = self._watcher.ask()
        except OutcomeUnknownError:
            raise
        except EthlogsError as exc:
            return see_failure(exc, self._progress)
        if report is not None:
            return see_report(report, self._progress)
        application = self._watcher.application
        if application is not None and application.state != "RUNNING":
            return Look("waiting", self._progress)
        if application is not None and self._progress is None and application.user != self._hadoop.user:
            # Its progress is in that user's folder: YARN alone knows, and it runs.
            return Look("running", None)
        return see_progress(self._progress)

    def stop(self, seconds: float) -> None:
        """Ask the driver to end after the current block, and kill the application after ``seconds``."""
        handle = self._handle()
        if not handle.application.ended:
            require_owner(handle, self._run.access.hdfs_dir)
            access = self._run.access
            left = LeftFiles.of(self._hadoop, access.hdfs_dir, read_defaults(access.spark_submit))
            end(handle, seconds, left)

    def log(self) -> str:
        """Return the driver's output."""
        with self._caller.ticket_for_pages():
            return read_log(self._handle())

    def _handle(self) -> ApplicationHandle:
        application = self._hadoop.applications.describe(self._run.application)
        return ApplicationHandle(self._hadoop, application, self._folder if run_of(application) else None)

    def _keep_progress(self, progress: dict[str, Any]) -> None:
        self._progress = progress

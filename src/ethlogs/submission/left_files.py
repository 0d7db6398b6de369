"""Files of a run that stay on HDFS, secrets too, until the run has ended.

spark-submit puts such files into a folder of the application, which Spark deletes when the driver gives the
application up; not when the application is killed, or YARN gives up. Livy takes only files that are on HDFS
already, in the run's folder, which the driver removes at its final end. What stays, whoever watches the run
removes, else the next command of the same user that looks for it here.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ethlogs.errors import EthlogsError
from ethlogs.hadoop.applications import Applications
from ethlogs.hadoop.client import Hadoop
from ethlogs.hadoop.hdfs import PRIVATE_FILE, PRIVATE_FOLDER
from ethlogs.hadoop.run_folder import FILES
from ethlogs.run.folder import RunFiles, is_run_id
from ethlogs.spark.yarn import Shipment
from ethlogs.submission.applications import ETHLOGS_TAG, RUN_TAG, run_of
from ethlogs.submission.layout import RUNS, HdfsLayout, find_staging

_SUBMITTING_SECONDS = 3600.0
"""A run that YARN does not know yet may be about to be submitted."""


def put_on_hdfs(layout: HdfsLayout, run: str, shipment: Shipment) -> Shipment:
    """Put what is named by a path of this machine into the run's folder, for its owner alone."""
    folder = f"{layout.run_folder(run).path}/{FILES}"
    layout.files.make_folder(folder, PRIVATE_FOLDER)

    def put(path: str) -> str:
        url = f"{folder}/{Path(path).name}"
        layout.files.put(Path(path), url, PRIVATE_FILE)
        return url

    return replace(
        shipment,
        settings_file=put(shipment.settings_file),
        package=put(shipment.package),
        script=put(shipment.script),
        files=tuple(put(path) for path in shipment.files),
    )


@dataclass(frozen=True)
class LeftFiles:
    """The files on HDFS that runs have been started with."""

    layout: HdfsLayout
    applications: Applications
    staging: str | None
    """Spark's folder, by :func:`find_staging`."""

    @classmethod
    def of(cls, hadoop: Hadoop, hdfs_dir: str | None, configured: Mapping[str, str]) -> LeftFiles:
        """The files of the user whom the cluster knows; ``configured`` is what Spark's properties say."""
        layout = HdfsLayout.of(hadoop.files, hdfs_dir)
        return cls(layout, hadoop.applications, find_staging(hadoop.files, configured))

    def find(self) -> list[str]:
        """Return the runs that have ended and whose files are still there."""
        return sorted({*self._find_in_run_folders(), *self._find_staged()})

    def remove(self) -> list[str]:
        """Remove such files; return whose they were."""
        files = self.layout.files
        in_folders, staged = self._find_in_run_folders(), self._find_staged()
        for run in in_folders:
            self.layout.run_folder(run).remove_files()
        for path in staged.values():
            files.delete(path)
        return sorted({*in_folders, *staged})

    def remove_if_ended(self, folder: RunFiles, application_id: str) -> None:
        """Remove one run's files where its application has ended; whoever looks next finds what stays."""
        with contextlib.suppress(EthlogsError):
            if self.applications.describe(application_id).ended:
                folder.remove_files()
                if self.staging is not None:
                    self.layout.files.delete(f"{self.staging}/{application_id}")

    def _find_in_run_folders(self) -> list[str]:
        folders = self.layout.files.glob(f"{self.layout.base}/{RUNS}/*/{FILES}")
        runs = {folder.path.rsplit("/", 2)[1]: folder.modified_at for folder in folders}
        return [run for run, since in sorted(runs.items()) if is_run_id(run) and self._has_ended(run, since)]

    def _has_ended(self, run: str, since: float) -> bool:
        found = self.applications.find(f"{RUN_TAG}{run}", alive_only=False)
        if found:
            return all(application.ended for application in found)
        return time.time() - since > _SUBMITTING_SECONDS

    def _find_staged(self) -> dict[str, str]:
        """Return the folders of ended applications by their runs; YARN says which ones are of ethlogs."""
        folders = [] if self.staging is None else self.layout.files.glob(f"{self.staging}/application_*")
        if not folders:
            return {}
        ended = {
            application.id: application
            for application in self.applications.find(ETHLOGS_TAG, alive_only=False)
            if application.ended
        }
        return {run_of(ended[one.name]) or one.name: one.path for one in folders if one.name in ended}

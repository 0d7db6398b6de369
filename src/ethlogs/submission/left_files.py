"""What a run through Livy was started with lies on HDFS, secrets too, until the run has ended.

spark-submit puts such files into a folder of YARN's that goes with the application. Livy takes only files
that are on HDFS already, in the run's folder: its driver removes them at its final end, else whoever watches
it, else the next command of the same user that looks for them here.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from pathlib import Path

from ethlogs.errors import EthlogsError
from ethlogs.hadoop.applications import Applications
from ethlogs.hadoop.hdfs import PRIVATE_FILE, PRIVATE_FOLDER
from ethlogs.hadoop.run_folder import FILES
from ethlogs.run_folder import RunFiles
from ethlogs.spark.yarn import Shipment
from ethlogs.submission.applications import RUN_TAG
from ethlogs.submission.layout import RUNS, HdfsLayout

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


def find_left(layout: HdfsLayout, applications: Applications) -> list[str]:
    """Return the runs that have ended and whose files are still there."""
    folders = layout.files.glob(f"{layout.base}/{RUNS}/*/{FILES}")
    runs = {folder.path.rsplit("/", 2)[1]: folder.modified_at for folder in folders}
    return [run for run, since in sorted(runs.items()) if _has_ended(run, since, applications)]


def _has_ended(run: str, since: float, applications: Applications) -> bool:
    found = applications.find(f"{RUN_TAG}{run}", alive_only=False)
    if found:
        return all(application.ended for application in found)
    return time.time() - since > _SUBMITTING_SECONDS


def remove_left(layout: HdfsLayout, applications: Applications) -> list[str]:
    """Remove such files; return whose they were."""
    left = find_left(layout, applications)
    for run in left:
        layout.run_folder(run).remove_files()
    return left


def remove_if_ended(folder: RunFiles, application_id: str, applications: Applications) -> None:
    """Remove a run's files where its application has ended; whoever looks next finds what stays."""
    with contextlib.suppress(EthlogsError):
        if applications.describe(application_id).ended:
            folder.remove_files()

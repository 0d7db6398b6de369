"""The driver without its SparkContext, which costs ten seconds and does nothing while following.

python run_without_spark.py RUN_FOLDER [ATTEMPT]

Everything else is what spark-submit runs: settings.json in, signals, progress.json, report.json out.
"""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import mock

from ethlogs import driver
from ethlogs.run_folder import SETTINGS, RunFolder
from ethlogs.settings import RunSettings, from_json


def main(arguments: list[str]) -> int:
    """Run attempt 1 as the driver does, or a later one as a cluster would start it."""
    with mock.patch("ethlogs.driver.start_spark", return_value=mock.Mock(version="none")):
        if len(arguments) == 1:
            return driver.main(arguments)
        folder = RunFolder(Path(arguments[0]))
        settings = from_json(RunSettings, folder.read(SETTINGS) or b"")
        return driver.run_driver(settings, folder, int(arguments[1]), driver.start_spark)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

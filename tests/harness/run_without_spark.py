"""The driver without its SparkContext, which costs ten seconds and does nothing while following.

python run_without_spark.py RUN_FOLDER [ATTEMPT]

Everything else is what spark-submit runs: settings.json in, signals, progress.json, report.json out.
"""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import mock

from ethlogs.driver import main as driver
from ethlogs.run.attempt import Attempt
from ethlogs.run.folder import SETTINGS, RunFolder
from ethlogs.settings import RunSettings, from_json


def main(arguments: list[str]) -> int:
    """Run as a driver on this machine, or as an attempt in a container, where one is given."""
    with mock.patch("ethlogs.driver.main.get_context", return_value=mock.Mock(version="none")) as start:
        if len(arguments) == 1:
            return driver.main(arguments)
        folder = RunFolder(Path(arguments[0]))
        settings = from_json(RunSettings, folder.read(SETTINGS) or b"")
        attempt = Attempt(int(arguments[1]), in_container=True)
        return driver.run_attempt(settings, folder, attempt, start)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

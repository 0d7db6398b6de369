"""The run's settings on an executor: read from the file that came with the run, never sent by Spark.

They hold passwords. Spark encrypts what it sends to executors only where spark.network.crypto.enabled is
set, and any process that may register as an executor receives it. The file is one that its owner alone can
read: the run's own on this machine, and the container's copy on YARN.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ethlogs.errors import SettingsError
from ethlogs.settings import RunSettings, from_json


class ShippedSettings:
    """The settings of a run; serialized, only the name of their file is left."""

    def __init__(self, settings: RunSettings, file: Path) -> None:
        """``file`` is relative to the working folder of driver and workers where YARN has put it there."""
        self.settings = settings
        self._file = file

    def __reduce__(self) -> tuple[Callable[[str], ShippedSettings], tuple[str]]:
        return read_shipped, (str(self._file),)

    def __repr__(self) -> str:
        return f"ShippedSettings({str(self._file)!r})"


def read_shipped(file: str) -> ShippedSettings:
    """Read the settings on an executor.

    Raises
    ------
    SettingsError
        When the file cannot be read there.
    """
    path = Path(file)
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise SettingsError(
            f"an executor cannot read the run's settings {path.absolute()}: {exc.strerror}",
            hint="executors need to run as the user of the driver, on YARN or on the driver's machine",
        ) from exc
    return ShippedSettings(from_json(RunSettings, content), path)

"""The settings of a run on an executor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.serializers import CloudPickleSerializer

from ethlogs.backfill.shipped import ShippedSettings, read_shipped
from ethlogs.errors import SettingsError
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings, to_json

HIDDEN = "hunter2"
_SERIALIZER: Any = CloudPickleSerializer
RUN = RunSettings(
    "a-run",
    "backfill",
    NodeSettings((f"http://geth/{HIDDEN}",)),
    KafkaSettings("kafka:9092", (("sasl.plain.password", HIDDEN),)),
)


def test_serialized_they_are_the_name_of_their_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    serializer = _SERIALIZER()
    sent = serializer.dumps(ShippedSettings(RUN, file))
    assert HIDDEN.encode() not in sent
    file.write_bytes(to_json(RUN))
    assert serializer.loads(sent).settings == RUN


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match=r"an executor cannot read the run's settings .*: No such file"):
        read_shipped("/nowhere/settings.json")


def test_no_secret_is_in_how_they_are_shown(tmp_path: Path) -> None:
    assert HIDDEN not in repr(ShippedSettings(RUN, tmp_path / "settings.json"))

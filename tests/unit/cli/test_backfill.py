"""``ethlogs backfill`` as it is called."""

from __future__ import annotations

import importlib

import pytest

from ethlogs.cli.display import _blocks, _rest
from ethlogs.job_requests import WantedJob
from ethlogs.kafka.topics import missing_topic
from ethlogs.settings.backfill import BackfillSettings
from tests.unit.cli.calls import KAFKA, NODE, Call

command_module = importlib.import_module("ethlogs.cli.backfill")


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[WantedJob]:
    """The jobs that would run."""
    found: list[WantedJob] = []

    def launch(wanted: WantedJob, *_: object) -> int:
        found.append(wanted)
        return 0

    monkeypatch.setattr(command_module, "run_job", launch)
    return found


def test_the_range_and_how_it_is_cut_and_asked_for(call: Call, launched: list[WantedJob]) -> None:
    heights, cut = ("--from", "3", "--to", "9"), ("--node-requests", "8", "--part-blocks", "512")
    assert call("backfill", *NODE, *KAFKA, *heights, *cut).status == 0
    assert launched[0].request.backfill == BackfillSettings(3, 9, 8, 512)


@pytest.mark.parametrize(("flags", "created"), [((), False), (("--partitions", "6"), True)])
def test_a_topic_is_created_only_with_a_number_of_partitions(
    call: Call, launched: list[WantedJob], flags: tuple[str, ...], created: bool
) -> None:
    assert call("backfill", *NODE, *KAFKA, "--create-topics", *flags).status == 0
    assert launched[0].options.topics.create is created


def test_a_topic_that_is_missing_is_created_by_two_flags() -> None:
    assert "--create-topics; for ethlogs backfill give --partitions N too" in (missing_topic("t").hint or "")


def test_a_range_that_ends_before_it_begins_is_refused(call: Call) -> None:
    outcome = call("backfill", *NODE, *KAFKA, "--from", "9", "--to", "8")
    assert outcome.status == 2
    assert "--to is below --from" in outcome.stderr


def test_a_backfill_without_executors_is_refused(call: Call) -> None:
    outcome = call("backfill", *NODE, *KAFKA, "--master", "yarn", "--num-executors", "0")
    assert outcome.status == 2
    assert "--num-executors is 0, and a backfill's tasks run on executors alone" in outcome.stderr
    assert "Spark's own setting" in outcome.stderr


def test_progress_says_what_is_done_who_works_and_how_long_it_takes() -> None:
    progress = {
        "firstBlock": 0, "lastBlock": 99, "tip": None, "head": 120, "blocks": 25, "missingBlocks": 75,
        "logs": 1_000, "logsPerSecond": 100.0, "seconds": 10.0, "executors": 2,
    }  # fmt: skip
    assert _blocks(progress) == "25 of 100 blocks"
    assert _rest(progress) == "1,000 event logs · 100/s · 2 executors · about 0:00:30 left"

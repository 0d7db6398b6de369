"""The registry of jobs: each says of itself what it needs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.driver.jobs import JOBS, build_job, find_job
from ethlogs.errors import SettingsError
from ethlogs.run.context import RunContext
from ethlogs.run.journal import Journal
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings
from ethlogs.submission.applications import build_tags, stream_tag

SETTINGS = RunSettings("a-run", "produce", NodeSettings(("http://geth",)), KafkaSettings("kafka:9092"))


@pytest.mark.parametrize("name", JOBS)
def test_a_job_is_built_by_the_name_in_the_settings(name: str) -> None:
    journal = Journal("a-run", 1, lambda _: None)
    job = build_job(RunContext(replace(SETTINGS, job=name), 1, StopSwitch(), journal))
    assert type(job) is JOBS[name]
    assert job.kind.name == name


@pytest.mark.parametrize("name", ["", "fill", "Produce"])
def test_a_name_that_is_not_a_jobs_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="the jobs are produce, backfill, smoketest, doctor"):
        find_job(name)


@pytest.mark.parametrize("name", JOBS)
def test_an_application_has_the_streams_tag_when_its_job_writes_the_stream(name: str) -> None:
    tags = build_tags(JOBS[name].kind, SETTINGS)
    assert (stream_tag(SETTINGS.kafka, SETTINGS.stream) in tags) == JOBS[name].kind.writes_stream
    assert {"ethlogs", "ethlogs-run-a-run"} <= set(tags)


def test_the_jobs_that_write_the_stream_are_produce_and_backfill() -> None:
    assert [name for name, job in JOBS.items() if job.kind.writes_stream] == ["produce", "backfill"]

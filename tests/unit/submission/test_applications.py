"""Which application of a stream is meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ethlogs.errors import SettingsError, SubmissionError
from ethlogs.hadoop.applications import Application
from ethlogs.settings import BrokerOptions, KafkaSettings, NodeSettings, RunSettings, StreamSettings
from ethlogs.settings.job import JobKind
from ethlogs.submission.applications import Wanted, find_application, find_rivals
from tests.unit.samples import APPLICATION

WANTED = Wanted(None, BrokerOptions("kafka:9092"), StreamSettings("logs"))


class FakeApplications:
    """In place of the ResourceManager, with the applications that a test wants."""

    def __init__(self, *applications: Application) -> None:
        self.applications = applications
        self.tags: list[str] = []

    def find(self, tag: str, alive_only: bool = True) -> list[Application]:
        self.tags.append(tag)
        return list(self.applications)

    def describe(self, application_id: str) -> Application:
        return replace(APPLICATION, id=application_id)


class FakeHadoop:
    """In place of Hadoop's clients."""

    def __init__(self, *applications: Application) -> None:
        self.applications = FakeApplications(*applications)


def find(hadoop: Any, wanted: Wanted = WANTED) -> Application:
    return find_application(hadoop, wanted)


def test_the_running_application_comes_before_newer_ones_that_have_ended() -> None:
    ended = replace(APPLICATION, id="newest", state="FINISHED", final="SUCCEEDED")
    running = replace(APPLICATION, id="running", state="RUNNING", final="UNDEFINED")
    assert ended.ended
    assert not running.ended
    assert find(FakeHadoop(ended, running)).id == "running"
    assert find(FakeHadoop(ended)).id == "newest"


def running(job: str) -> Application:
    tags = APPLICATION.tags | {f"ethlogs-job-{job}"}
    return replace(APPLICATION, id=f"app-{job}", state="RUNNING", final="UNDEFINED", tags=tags)


def test_a_backfill_makes_way_for_another_backfill_and_not_for_a_follower() -> None:
    applications: Any = FakeApplications(running("backfill"), running("produce"))
    run = RunSettings("a", "backfill", NodeSettings(("http://n",)), KafkaSettings("kafka:9092"))
    rivals = find_rivals(applications, JobKind("backfill", writes_stream=True), run)
    assert [rival.id for rival in rivals] == ["app-backfill"]


def test_of_two_running_jobs_the_user_says_which_is_meant() -> None:
    both = FakeHadoop(running("backfill"), running("produce"))
    assert find(both, replace(WANTED, job="produce")).id == "app-produce"
    assert find(both, replace(WANTED, job="backfill")).id == "app-backfill"
    with pytest.raises(
        SettingsError, match=r"app-backfill \(backfill\) and app-produce \(produce\)"
    ) as caught:
        find(both)
    assert caught.value.hint == "say which one: --job produce or --job backfill"
    with pytest.raises(SubmissionError, match="YARN knows no backfill application of the stream"):
        find(FakeHadoop(running("produce")), replace(WANTED, job="backfill"))


def test_an_id_needs_neither_brokers_nor_a_topic() -> None:
    hadoop = FakeHadoop()
    wanted = Wanted("application_1_1", BrokerOptions(), StreamSettings())
    assert find(hadoop, wanted).id == "application_1_1"
    assert hadoop.applications.tags == []


def test_a_stream_without_an_application_is_named() -> None:
    with pytest.raises(SubmissionError, match=r"YARN knows no application of the stream logs\.ledger"):
        find(FakeHadoop())

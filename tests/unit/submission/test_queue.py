"""A queue that would refuse a run is known before anything is uploaded for it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast, get_type_hints

import pytest

from ethlogs.errors import NotAuthorizedError, SubmissionError
from ethlogs.hadoop.applications import Queue
from ethlogs.run.folder import RunFolder
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.job import JobKind
from ethlogs.settings.submission import SparkSettings, YarnOptions
from ethlogs.submission.queue import check_queue, choose_queue, refuse_queue
from ethlogs.submission.yarn import YarnSubmitter


class FakeApplications:
    """A ResourceManager with two queues, of which ada may use one; a real one needs half a minute."""

    fixed = True

    def check(self) -> int:
        return 1

    def find(self, _tag: str, *, alive_only: bool = True) -> list[Any]:
        return []

    def describe_queue(self, name: str) -> Queue | None:
        known = name.rpartition(".")[2] in ("default", "open")
        return Queue(name, "RUNNING", 0.5, 0.25) if known else None

    def queue_names(self) -> list[str]:
        return ["default", "open"]

    def may_submit(self, name: str) -> bool:
        return name.endswith("open")

    def has_fixed_queues(self) -> bool:
        return self.fixed


APPLICATIONS = cast(Any, FakeApplications())


@pytest.mark.parametrize(
    ("flag", "conf", "configured", "queue"),
    [
        ("a", "b", "c", "a"),
        (None, "b", "c", "b"),
        (None, None, "c", "c"),
        (None, None, None, "default"),
    ],
)
def test_the_queue_is_that_of_the_flag_then_of_spark(
    flag: str | None, conf: str | None, configured: str | None, queue: str
) -> None:
    spark = SparkSettings(conf=(("spark.yarn.queue", conf),) if conf else ())
    file = {"spark.yarn.queue": configured} if configured else {}
    assert choose_queue(YarnOptions(queue=flag), spark, file) == queue


def test_a_queue_that_may_be_used_is_returned() -> None:
    assert check_queue(APPLICATIONS, "open", "ada").used == 0.25
    refuse_queue(APPLICATIONS, "root.open", "ada")


def test_an_unknown_queue_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SubmissionError, match="unknown queue: opne") as caught:
        refuse_queue(APPLICATIONS, "opne", "ada")
    assert caught.value.hint == "the queues are: default, open"


def test_a_queue_that_yarn_may_make_is_left_to_it() -> None:
    refuse_queue(APPLICATIONS, "root.users.ada", "ada")
    fair = FakeApplications()
    fair.fixed = False
    refuse_queue(cast(Any, fair), "ada", "ada")


def submit(folder: Path, configured: dict[str, str], livy: Any) -> None:
    """Submit where HDFS has no files at all: whatever touched it would fail."""
    hints = get_type_hints(LaunchOptions)
    options = LaunchOptions(**{field.name: hints[field.name]() for field in fields(LaunchOptions)})
    hadoop = cast(Any, SimpleNamespace(applications=APPLICATIONS, user="ada"))
    submitter = YarnSubmitter(
        hadoop, cast(Any, None), options, configured, folder, lambda _notice: None, job=JobKind("produce")
    )
    settings = RunSettings("a", "produce", NodeSettings(("http://n",)), KafkaSettings("k:1"))
    submitter.submit(settings, RunFolder(folder), "name", livy)


@pytest.mark.parametrize("livy", [None, cast(Any, object())], ids=["spark-submit", "Livy"])
@pytest.mark.parametrize("queue", ["default", "nope"])
def test_a_queue_that_refuses_is_known_before_anything_is_on_hdfs(
    queue: str, livy: Any, tmp_path: Path
) -> None:
    with pytest.raises((NotAuthorizedError, SubmissionError), match=f"queue:? {queue}"):
        submit(tmp_path, {"spark.yarn.queue": queue}, livy)


def test_livys_own_default_queue_is_left_to_livy(tmp_path: Path) -> None:
    # The next step looks at HDFS, which is not there.
    with pytest.raises(AttributeError, match="files"):
        submit(tmp_path, {}, cast(Any, object()))


def test_a_queue_without_the_right_is_refused_before_anything_is_on_hdfs(tmp_path: Path) -> None:
    refusal = "ada does not have permission to submit to the queue default"
    with pytest.raises(NotAuthorizedError, match=refusal) as caught:
        submit(tmp_path, {}, None)
    assert "SUBMIT_APPLICATIONS on the queue default" in str(caught.value.hint)

"""A batch is created once, whatever Livy answers, and leads to an application or to why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ethlogs.errors import (
    HadoopUnavailableError,
    LivyError,
    LivyUnavailableError,
    NotAuthorizedError,
    OutcomeUnknownError,
    SettingsError,
    SubmissionError,
)
from ethlogs.hadoop.applications import Application
from ethlogs.kerberos import spnego
from ethlogs.livy.client import LivyClient, LivyEndpoint
from ethlogs.run.folder import RunFolder
from ethlogs.settings.submission import YarnOptions
from ethlogs.submission import livy as module
from ethlogs.submission.applications import RUN_TAG
from ethlogs.submission.livy import LivyRoad, build_run_batch, open_livy
from tests.unit.fake_livy import NEGOTIATE, Answer, FakeLivy, serving
from tests.unit.samples import APPLICATION

ARGV = ["spark-submit", "--name", "ethlogs produce a/b", "--conf", "spark.x=1", "hdfs:/driver.py", "hdfs:/R"]
DENIED = (
    'Exception in thread "main" org.apache.hadoop.security.AccessControlException: Permission denied:'
    ' user={}, access=EXECUTE, inode="/user/ada/.ethlogs":ada:ada:drwx------'
)


class FakeYarn:
    """The ResourceManager: which application it has, once it was asked ``after`` times."""

    def __init__(self) -> None:
        self.application: Application | None = None
        self.asked: list[str] = []
        self.after = 0

    def find(self, tag: str, *, alive_only: bool = True) -> list[Application]:
        assert not alive_only
        self.asked.append(tag)
        return [self.application] if self.application and len(self.asked) > self.after else []

    def queue_names(self) -> list[str]:
        return ["default"]


@pytest.fixture
def livy(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLivy]:
    monkeypatch.setattr(module, "_POLL_SECONDS", 0.01)
    fake = FakeLivy()
    with serving(fake):
        yield fake


@pytest.fixture
def yarn() -> FakeYarn:
    return FakeYarn()


@pytest.fixture
def local(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path)


@pytest.fixture
def road(livy: FakeLivy, yarn: FakeYarn) -> Iterator[LivyRoad]:
    client = LivyClient(LivyEndpoint(livy.url), lambda _url: {})
    hadoop: Any = SimpleNamespace(applications=yarn, user="ada")
    yield LivyRoad(client, hadoop, lambda _text: None)
    client.close()


def submit(road: LivyRoad, local: RunFolder) -> str:
    return road.submit(build_run_batch(ARGV, {}, local.run), local)


def test_the_application_is_known_by_the_runs_tag_whatever_livy_may_see_of_it(
    livy: FakeLivy, yarn: FakeYarn, road: LivyRoad, local: RunFolder
) -> None:
    yarn.application, yarn.after = APPLICATION, 2
    assert submit(road, local) == APPLICATION.id
    assert livy.names == [f"ethlogs produce a-b {local.run}"]
    assert set(yarn.asked) == {f"{RUN_TAG}{local.run}"}


def test_a_lost_answer_does_not_start_a_second_run(
    livy: FakeLivy, yarn: FakeYarn, road: LivyRoad, local: RunFolder
) -> None:
    livy.lost_answers, yarn.application = 1, APPLICATION
    assert submit(road, local) == APPLICATION.id
    assert len(livy.batches) == 1
    assert [asked.method for asked in livy.asked].count("POST") == 1


def test_a_request_that_did_not_arrive_is_sent_again(
    livy: FakeLivy, yarn: FakeYarn, road: LivyRoad, local: RunFolder
) -> None:
    livy.next_answers, yarn.application = [Answer(503, "starting")], APPLICATION
    assert submit(road, local) == APPLICATION.id
    assert [asked.method for asked in livy.asked].count("POST") == 2
    assert len(livy.batches) == 1


def test_a_name_whose_request_was_refused_unheard_is_freed_and_the_batch_sent_again(
    livy: FakeLivy, yarn: FakeYarn, road: LivyRoad, local: RunFolder
) -> None:
    livy.add(build_run_batch(ARGV, {}, local.run)["name"], log=[])
    livy.next_answers, yarn.application = [Answer(504, "late")], APPLICATION
    assert submit(road, local) == APPLICATION.id
    (batch,) = livy.batches
    assert batch["log"]


def test_a_batch_that_is_there_already_under_the_runs_own_name_is_the_runs(
    livy: FakeLivy, yarn: FakeYarn, road: LivyRoad, local: RunFolder
) -> None:
    livy.add(build_run_batch(ARGV, {}, local.run)["name"])
    yarn.application = APPLICATION
    assert submit(road, local) == APPLICATION.id
    assert len(livy.batches) == 1


@pytest.mark.parametrize(("status", "kind"), [(400, LivyError), (403, NotAuthorizedError)])
def test_a_refused_batch_leaves_no_ghost(
    livy: FakeLivy, road: LivyRoad, local: RunFolder, status: int, kind: type[Exception]
) -> None:
    livy.add("another's", log=[])
    livy.refusal = Answer(status, {"msg": "not so"})
    with pytest.raises(kind, match="not so"):
        submit(road, local)
    assert livy.names == ["another's"]


def test_a_livy_that_falls_silent_after_the_request_leaves_it_unknown(
    livy: FakeLivy, road: LivyRoad, local: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.0)
    livy.next_answers = [Answer(504, "late"), Answer(503, "away")]
    with pytest.raises(OutcomeUnknownError, match="it is unknown whether Livy accepted the batch") as unknown:
        submit(road, local)
    assert "YARN" in str(unknown.value.hint)


def test_a_livy_that_always_has_too_much_to_do_is_given_up(
    livy: FakeLivy, road: LivyRoad, local: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.0)
    livy.next_answers = [Answer(400, {"msg": "Rejected, too many sessions are being created!"})]
    with pytest.raises(LivyUnavailableError, match="too many sessions"):
        submit(road, local)


def test_a_livy_that_is_restarted_meanwhile_is_not_needed_where_yarn_has_the_application(
    livy: FakeLivy, yarn: FakeYarn, road: LivyRoad, local: RunFolder
) -> None:
    livy.next_answers = [Answer(201, {"id": 7, "name": "n", "state": "starting"})]
    yarn.application, yarn.after = APPLICATION, 3
    assert submit(road, local) == APPLICATION.id


def test_a_livy_that_has_forgotten_the_batch_leaves_it_unknown(
    livy: FakeLivy, road: LivyRoad, local: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.0)
    livy.next_answers = [Answer(201, {"id": 7, "name": "n", "state": "starting"})]
    with pytest.raises(OutcomeUnknownError, match="batch n is unknown: Livy has forgotten the batch 7"):
        submit(road, local)


def test_a_batch_that_leads_to_nothing_in_time_is_taken_back(
    livy: FakeLivy, road: LivyRoad, local: RunFolder
) -> None:
    told: list[str] = []
    hurried = replace(road, submit_timeout_seconds=0.05, notify=told.append)
    livy.next_answers = [Answer(201, dict(livy.add("n")))]
    livy.batches[0]["state"] = "shutting_down"
    with pytest.raises(SubmissionError, match=r"--submit-timeout 0\.05 seconds; Livy says .+ shutting_down"):
        submit(hurried, local)
    assert livy.batches == []
    assert told.count("Livy's batch 0 is shutting_down") == 1, "also a state that nobody knows"


def test_a_batch_that_could_not_be_taken_back_leaves_it_unknown(
    livy: FakeLivy, road: LivyRoad, local: RunFolder
) -> None:
    gone = Answer(500, "<html><title>Error 500</title></html>")
    livy.next_answers = [Answer(201, livy.add("n")), Answer(200, livy.batches[0]), gone]
    with pytest.raises(OutcomeUnknownError, match=r"could not be taken back: .+Error 500") as unknown:
        submit(replace(road, submit_timeout_seconds=0.0), local)
    assert "YARN" in str(unknown.value.hint)


def test_a_ticket_that_expires_meanwhile_says_nothing_about_the_batch(
    livy: FakeLivy, yarn: FakeYarn, road: LivyRoad, local: RunFolder
) -> None:
    livy.next_answers = [Answer(201, livy.add("n")), NEGOTIATE]
    yarn.application, yarn.after = APPLICATION, 1
    assert submit(road, local) == APPLICATION.id


def test_a_yarn_that_cannot_be_asked_is_asked_again_and_then_leaves_it_unknown(
    livy: FakeLivy, road: LivyRoad, local: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> list[Application]:
        raise HadoopUnavailableError("YARN is away")

    monkeypatch.setattr(FakeYarn, "find", refuse)
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.0)
    livy.add("n")
    with pytest.raises(OutcomeUnknownError, match="YARN is away"):
        submit(road, local)


def fail(livy: FakeLivy, *log: str) -> None:
    """The next batch has ended with this log when it is asked for."""
    livy.next_answers = [Answer(201, livy.add("n", state="dead", log=["stdout: ", *log]))]


def test_the_reason_of_a_failed_batch_is_in_one_sentence_and_the_log_is_kept(
    livy: FakeLivy, road: LivyRoad, local: RunFolder
) -> None:
    fail(livy, 'Exception in thread "main" java.io.FileNotFoundException: File does not exist: hdfs:/nix')
    with pytest.raises(SubmissionError) as failed:
        submit(road, local)
    assert str(failed.value).startswith(
        "the spark-submit of Livy's batch 0 failed: File does not exist: hdfs:/nix; its last lines:"
    )
    assert str(local.log) in str(failed.value.hint)
    assert "FileNotFoundException" in local.log.read_text()
    assert local.log.stat().st_mode & 0o777 == 0o600


def test_a_livy_that_submits_as_itself_is_told_from_a_missing_right(
    livy: FakeLivy, road: LivyRoad, local: RunFolder
) -> None:
    fail(livy, DENIED.format("livy"))
    with pytest.raises(
        SubmissionError, match="Livy did not submit as ada: Permission denied: user=livy"
    ) as no:
        submit(road, local)
    assert "livy.impersonation.enabled" in str(no.value.hint)
    fail(livy, DENIED.format("ada"))
    with pytest.raises(NotAuthorizedError, match="Permission denied: user=ada"):
        submit(road, local)


def test_an_application_that_yarn_refused_at_once_is_a_failed_submission(
    livy: FakeLivy, yarn: FakeYarn, road: LivyRoad, local: RunFolder
) -> None:
    yarn.application = replace(
        APPLICATION, state="FAILED", attempt=0, diagnostics="submitted by ada to unknown queue: nope"
    )
    with pytest.raises(SubmissionError) as refused:
        submit(road, local)
    assert refused.value.hint == "the queues are: default"


def test_a_batch_is_taken_back(livy: FakeLivy, road: LivyRoad) -> None:
    livy.add("mine")
    road.withdraw("mine")
    road.withdraw("mine")
    assert livy.batches == []


# ---------------------------------------------------------------- the client


def test_without_the_setting_there_is_no_livy_and_no_ticket_is_obtained() -> None:
    with open_livy(YarnOptions(), cast(Any, None)) as client:
        assert client is None


def test_a_wrong_url_is_refused_before_a_ticket_is_obtained() -> None:
    with (
        pytest.raises(SettingsError, match="--livy-url"),
        open_livy(YarnOptions(livy_url="livy:8998"), cast(Any, None)),
    ):
        pass


def test_with_another_user_to_act_for_the_callers_own_ticket_is_shown(
    livy: FakeLivy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spnego, "build_headers", lambda _url: {})
    with open_livy(YarnOptions(livy_url=livy.url, proxy_user="bob"), cast(Any, None)) as client:
        assert client is not None
        assert client.fetch_version() == "0.7.1-incubating"

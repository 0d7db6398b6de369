"""A detached launch whose run has limits, though nobody watches it. The cluster is a fake.

That YARN takes the limit is shown in tests/integration/yarn.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast, get_type_hints

import pytest

from ethlogs.errors import SubmissionError
from ethlogs.hadoop.applications import Application
from ethlogs.run.folder import RunFolder
from ethlogs.settings import KafkaSettings, KerberosOptions, NodeSettings, RunSettings
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.job import JobKind
from ethlogs.settings.output import TimeoutOptions
from ethlogs.settings.submission import StartOptions, YarnOptions
from ethlogs.spark.submit import SparkSubmit
from ethlogs.submission import launch_yarn
from ethlogs.submission.launch_yarn import YarnLaunch
from tests.unit.samples import APPLICATION

ID = "application_1700000000000_0001"
SETTINGS = RunSettings("a-run", "produce", NodeSettings(("http://geth",)), KafkaSettings("kafka:9092"))


class FakeApplications:
    """Keeps the limits that it was given."""

    def __init__(self) -> None:
        self.limits: list[tuple[str, float]] = []
        self.states: list[str] = []
        """What the application is at each look; none is expected where this is empty."""
        self.killed: list[str] = []
        self.looked_after: list[str] = []
        """Applications whose files are to be removed where they have ended."""

    def limit_lifetime(self, application_id: str, seconds: float) -> None:
        self.limits.append((application_id, seconds))

    def describe(self, _application_id: str) -> Application:
        return replace(APPLICATION, state=self.states.pop(0), final="UNDEFINED", attempt=1)

    def kill(self, application_id: str, *_: object) -> None:
        self.killed.append(application_id)

    def describe_queue(self, _name: str) -> None:
        return None

    def remove_if_ended(self, _folder: object, application_id: str) -> None:
        self.looked_after.append(application_id)

    def log_url(self, _application_id: str) -> None:
        return None


@pytest.fixture
def applications(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeApplications:
    found = FakeApplications()

    @contextlib.contextmanager
    def open_hadoop(*_: object) -> Iterator[Any]:
        yield SimpleNamespace(applications=found, is_secured=False)

    def make_submitter(*_: object, **_named: object) -> Any:
        submitted = SimpleNamespace(application_id=ID, folder=RunFolder(tmp_path))
        return SimpleNamespace(submit=lambda *_: submitted, left_files=found)

    monkeypatch.setattr(launch_yarn, "open_hadoop_with", open_hadoop)
    monkeypatch.setattr(launch_yarn, "YarnSubmitter", make_submitter)
    monkeypatch.setattr(YarnLaunch, "_check_environment", lambda _self: None)
    return found


def build_launch(tmp_path: Path, **given: object) -> YarnLaunch:
    """Build a detached launch with these groups of options."""
    groups: dict[str, Any] = {
        field.name: get_type_hints(LaunchOptions)[field.name]() for field in fields(LaunchOptions)
    }
    return YarnLaunch(
        JobKind("produce", writes_stream=True, follows=True),
        LaunchOptions(**{**groups, **given}),
        StartOptions(detach=True),
        SparkSubmit("/opt/spark/bin/spark-submit", "4.0.0"),
        "java",
        "ethlogs produce logs",
        tmp_path / "runs",
    )


def detach(tmp_path: Path, timeout: float | None, submit_timeout: float | None = None) -> str | None:
    limits, yarn = TimeoutOptions(timeout), YarnOptions(submit_timeout=submit_timeout)
    launch = build_launch(tmp_path, limits=limits, yarn=yarn)
    display = contextlib.nullcontext(SimpleNamespace(show_bytes=None))
    console = cast(Any, SimpleNamespace(notify=lambda _text: None, display=display))
    return launch.run(SETTINGS, cast(Any, None), console).text


def test_a_detached_run_with_a_limit_is_ended_by_yarn_some_time_after_it(
    applications: FakeApplications, tmp_path: Path
) -> None:
    assert detach(tmp_path, 600.0) == ID
    ((application, seconds),) = applications.limits
    assert application == ID
    assert 600 < seconds <= 600 + launch_yarn._GRACE_SECONDS


def test_a_detached_run_without_a_limit_goes_on_for_ever(
    applications: FakeApplications, tmp_path: Path
) -> None:
    assert detach(tmp_path, None) == ID
    assert applications.limits == []


def test_a_detached_run_with_a_submit_timeout_is_left_when_it_has_its_container(
    applications: FakeApplications, tmp_path: Path
) -> None:
    applications.states = ["ACCEPTED", "RUNNING"]
    assert detach(tmp_path, None, submit_timeout=60.0) == ID
    assert applications.states == []


def test_what_a_krb5_conf_includes_is_named_as_it_does_not_travel_with_it(tmp_path: Path) -> None:
    conf = tmp_path / "krb5.conf"
    conf.write_text("includedir /etc/krb5.conf.d/\n[libdefaults]\n")
    warnings: list[str] = []
    build_launch(tmp_path, kerberos=KerberosOptions(krb5_conf=str(conf))).check(
        "yarn", SETTINGS, warnings.append
    )
    assert warnings == [
        f"warning: --krb5-conf {conf} includes /etc/krb5.conf.d/, which YARN's nodes need to have too"
    ]


def test_a_detached_run_without_a_container_is_ended_and_leaves_no_files(
    applications: FakeApplications, tmp_path: Path
) -> None:
    applications.states = ["ACCEPTED"] * 3
    with pytest.raises(SubmissionError, match="got no container within --submit-timeout 0 seconds"):
        detach(tmp_path, None, submit_timeout=0.0)
    assert applications.killed == [ID]
    assert applications.looked_after == [ID]

"""The checks of a cluster that need none; tests/integration/yarn has the others."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import fields
from types import SimpleNamespace
from typing import Any, get_type_hints

import pytest

from ethlogs.doctor import cluster
from ethlogs.doctor.checkup import Checkup, Finding, Warned
from ethlogs.doctor.cluster import ClusterExamination, check_memory
from ethlogs.settings import KafkaSettings, KerberosSettings
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.submission import SparkSettings, YarnOptions
from ethlogs.submission.identity import Identity
from ethlogs.submission.left_files import LeftFiles
from tests.unit.fake_livy import Answer, FakeLivy, serving
from tests.unit.submission.fake_hdfs import FakeHdfs


def options(**groups: Any) -> LaunchOptions:
    hints = get_type_hints(LaunchOptions)
    defaults = {field.name: hints[field.name]() for field in fields(LaunchOptions)}
    return LaunchOptions(**{**defaults, **groups})


def test_memory_that_is_derived_is_shown() -> None:
    shown = check_memory(options(yarn=YarnOptions(executor_cores=2)), {})
    assert shown == "spark.driver.memoryOverhead 896m, spark.executor.memoryOverhead 1408m"


def test_too_little_memory_beside_the_heap_is_a_warning() -> None:
    configured = {"spark.executor.memoryOverhead": "384m"}
    found = check_memory(options(), configured)
    assert isinstance(found, Warned)
    assert "spark.executor.memoryOverhead is 384m, and 896m are needed" in found.text
    asked = SparkSettings(conf=(("spark.executor.memoryOverhead", "1g"),))
    assert isinstance(check_memory(options(spark=asked), configured), str)


# ---------------------------------------------------------------- Livy


@pytest.mark.parametrize(
    ("secured", "kerberos", "state"),
    [
        (False, None, "ok"),
        (True, None, "warning"),
        (True, KerberosSettings("p@R", "/k"), "ok"),
    ],
    ids=["without Kerberos", "with one's own ticket", "with a keytab"],
)
def test_a_ticket_that_ends_a_run_is_warned_of_where_the_cluster_asks_for_one(
    secured: bool, kerberos: KerberosSettings | None, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fake, since a real JVM takes seconds to say whether the cluster has Kerberos."""
    hadoop = SimpleNamespace(is_secured=secured, user="ada")
    monkeypatch.setattr(cluster, "open_hadoop_with", lambda *_: contextlib.nullcontext(hadoop))
    monkeypatch.setattr(cluster, "find_conf_dir", lambda _: "/conf")
    identity = Identity(KafkaSettings("kafka:9092"), kerberos)
    some: Any = SimpleNamespace(path="java")
    examination = ClusterExamination(options(), some, some, some, identity, contextlib.ExitStack())
    checkup = Checkup(lambda _finding: None)
    checkup.look("hadoop", examination._check_hadoop)
    (found,) = checkup.findings
    assert found.state == state
    if state == "warning":
        assert "a run ends after 7 days" in found.text
        assert "--principal and --keytab" in str(found.hint)


@pytest.fixture
def livy() -> Iterator[FakeLivy]:
    fake = FakeLivy()
    with serving(fake):
        yield fake


def examine_livy(url: str, *, secured: bool = False) -> Finding:
    caller: Any = SimpleNamespace(ticket_for_pages=contextlib.nullcontext)
    none: Any = None
    examination = ClusterExamination(
        options(yarn=YarnOptions(livy_url=url)), none, none, caller, none, contextlib.ExitStack()
    )
    hadoop: Any = SimpleNamespace(is_secured=secured)
    examination._hadoop = hadoop
    checkup = Checkup(lambda _finding: None)
    checkup.look("livy", examination._check_livy)
    return checkup.findings[0]


def test_livy_is_shown_with_its_version_and_how_it_knows_the_caller(livy: FakeLivy) -> None:
    livy.add("one")
    found = examine_livy(livy.url)
    assert (found.state, found.text) == (
        "ok",
        f"{livy.url}, version 0.7.1-incubating, 1 batch, asks for no authentication",
    )
    found = examine_livy(livy.url.replace("//", "//ada:geheim@"))
    assert found.text.endswith("1 batch, authenticated by a password")
    assert "geheim" not in found.text


def test_a_livy_that_anybody_can_use_on_a_secured_cluster_is_a_warning(livy: FakeLivy) -> None:
    found = examine_livy(livy.url, secured=True)
    assert found.state == "warning"
    assert "it has no authentication" in found.text
    assert "livy.server.auth.type" in str(found.hint)


def test_a_livy_that_does_not_let_this_caller_list_batches_is_a_failure_with_its_status(
    livy: FakeLivy,
) -> None:
    livy.next_answers = [Answer(200, {"version": "1"}), Answer(403, {"msg": "not you"})]
    found = examine_livy(livy.url)
    assert (found.state, found.exit_status) == ("failed", 5)
    assert "not you" in found.text


def test_what_ended_runs_have_left_on_hdfs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    none: Any = None
    examination = ClusterExamination(options(), none, none, none, none, contextlib.ExitStack())
    hadoop: Any = SimpleNamespace(files=FakeHdfs(), applications=None)
    examination._hadoop = hadoop
    monkeypatch.setattr(examination, "_configured", dict)
    monkeypatch.setattr(LeftFiles, "find", lambda _self: [])
    assert examination._check_left_files() == "no files of an ended run are left on HDFS"
    monkeypatch.setattr(LeftFiles, "find", lambda _self: ["R1", "R2"])
    found = examination._check_left_files()
    assert isinstance(found, Warned)
    assert found.text.endswith("R1, R2")
    assert "ethlogs clean" in str(found.hint)

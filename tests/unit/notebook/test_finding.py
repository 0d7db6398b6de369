"""Runs that only YARN knows: other users' and other programs'. The cluster is a fake, which has one user."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

import ethlogs
from ethlogs.errors import SettingsError
from ethlogs.hadoop.applications import Application
from ethlogs.notebook import finding
from ethlogs.notebook.cluster import ClusterAccess
from ethlogs.notebook.on_yarn import LookingOnYarn, RunOnYarn
from ethlogs.run.folder import RunFolder
from tests.unit.samples import APPLICATION

RUN = "20260101-000000-abcdef"
THEIRS = replace(
    APPLICATION,
    user="bob",
    state="RUNNING",
    final="UNDEFINED",
    attempt=1,
    tags=frozenset({"ethlogs", f"ethlogs-run-{RUN}", "ethlogs-job-produce", "ethlogs-stream-logs"}),
)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> list[Application]:
    """What YARN knows; whoever asks is ada."""
    applications: list[Application] = []
    client = SimpleNamespace(
        describe=lambda _id: applications[0], find=lambda *_, **__: applications, log_url=lambda _id: None
    )

    @contextlib.contextmanager
    def opened(_self: ClusterAccess) -> Iterator[Any]:
        yield SimpleNamespace(applications=client, user="ada"), None

    monkeypatch.setattr(ClusterAccess, "opened", opened)
    monkeypatch.setattr(finding, "is_cluster_configured", lambda _environment: True)
    return applications


@pytest.mark.parametrize("which", [RUN, APPLICATION.id])
def test_another_users_run_is_found_with_a_word_on_what_is_not_seen(
    known: list[Application], which: str
) -> None:
    known.append(THEIRS)
    with pytest.warns(
        UserWarning, match=r"the run is bob's, and this is ada: .+; proxy_user='bob' or hdfs_dir"
    ):
        assert ethlogs.attach(which).application == APPLICATION.id


def test_an_application_of_another_program_is_not_a_run(known: list[Application]) -> None:
    known.append(replace(THEIRS, name="nightly", tags=frozenset({"theirs"})))
    with pytest.raises(SettingsError, match=r"of bob is not a run of ethlogs: nightly"):
        ethlogs.attach(APPLICATION.id)


def test_another_users_run_runs_as_yarn_says_though_its_progress_cannot_be_read(
    known: list[Application], tmp_path: Any
) -> None:
    known.append(THEIRS)
    place = RunOnYarn(APPLICATION.id, RUN, cast(Any, None))
    with ClusterAccess(cast(Any, None), None, None, None).opened() as (hadoop, caller):
        assert LookingOnYarn(place, hadoop, caller, RunFolder(tmp_path)).look().state == "running"
        known[0] = replace(THEIRS, user="ada")
        assert LookingOnYarn(place, hadoop, caller, RunFolder(tmp_path)).look().state == "starting"

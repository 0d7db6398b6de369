"""Runs through a real Livy, on the cluster that the other runs share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

import ethlogs
from ethlogs_devnet import SMALL_PLAN, GethNode, LivyServer
from ethlogs_devnet.hadoop.settings import OTHER_USER, RESTRICTED_QUEUE
from ethlogs_devnet.kafka.certificates import Authority
from scripts.page_commands import read_script
from tests.harness.commands import Command, id_of
from tests.harness.pages import Shell
from tests.harness.programs import produce_settings, stop_at
from tests.harness.running import parse_report
from tests.harness.streams import Stream, assert_exactly_once
from tests.integration.yarn.cluster import IS_THE_NODE, START_SECONDS, Yarn
from tests.integration.yarn.test_lost_containers import YARN_SECONDS
from tests.integration.yarn.test_runs import list_hdfs

pytestmark = pytest.mark.services
OTHER, QUEUE = OTHER_USER, RESTRICTED_QUEUE
"""A user for whom the one that the tests run as may act."""


@pytest.fixture(scope="module")
def livy(yarn: Yarn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivyServer]:
    """A Livy in front of the cluster, by https, which submits as whoever is named."""
    folder, impersonation = tmp_path_factory.mktemp("livy"), {"livy.impersonation.enabled": "true"}
    with LivyServer(folder, yarn.cluster, impersonation, authority=Authority(folder / "ca")) as server:
        yield server


def find_shipped(yarn: Yarn, folder: str) -> dict[str, str]:
    """The files that a run was started with, and their permissions.

    Beside them a driver that is alive writes its progress, by files that are soon renamed.
    """
    return list_hdfs(yarn, f"{folder}/files")


def test_secrets_of_a_run_through_livy_outlive_a_lost_container_and_go_with_the_runs_end(
    yarn: Yarn, livy: LivyServer, start: Callable[..., Command], stream: Stream, own_geth: GethNode
) -> None:
    ca_file = livy.environment()["ETHLOGS_LIVY_CA_FILE"]
    flags = ("--livy-url", livy.url, "--livy-ca-file", ca_file)
    command = start(*flags, "--start", "1", "--blocks", "15", "--max-app-attempts", "2", "--json")
    command.wait_for_tip(stream, 10)
    application = id_of(command)
    (run,) = re.findall(r"run (\S+), submitted", command.stderr)
    assert f"ethlogs produce {stream.topic} {run}" in command.stderr
    described = yarn.describe(application)
    assert described["name"] == f"ethlogs produce {stream.topic} {run}"
    assert described["queue"].endswith("streaming")

    folder = f"/user/{yarn.cluster.user}/.ethlogs/runs/{run}"
    shipped = find_shipped(yarn, folder)
    assert shipped["/settings.json"] == "600"
    yarn.end_container(application, YARN_SECONDS)
    while own_geth.height() < 12:
        own_geth.commit_block(SMALL_PLAN)
    command.wait_for_tip(stream, 12)
    assert yarn.attempts(application) == 2
    assert find_shipped(yarn, folder) == shipped, "another attempt may need them again"
    while own_geth.height() < 15:
        own_geth.commit_block(SMALL_PLAN)
    assert command.wait() == 0, command.stderr
    report = parse_report(command.stdout)
    assert (report["attempt"], report["tip"]["number"]) == (2, 15)
    assert_exactly_once(stream, own_geth.url, 1, 15)
    # The container that was killed may have left progress that it was writing.
    listed = {re.sub(r"^(/progress\.json)\.\w+\.tmp$", r"\1", path) for path in list_hdfs(yarn, folder)}
    assert listed == {"", "/progress.json", "/report.json", "/shipped.json"}


@pytest.mark.long
def test_the_commands_of_the_page(
    yarn: Yarn, livy: LivyServer, stream: Stream, live_geth: GethNode, tmp_path: Path
) -> None:
    shell = Shell(
        tmp_path,
        **yarn.where,
        # where a company's certificates are installed on each machine
        ETHLOGS_LIVY_CA_FILE=livy.environment()["ETHLOGS_LIVY_CA_FILE"],
        ETHLOGS_NODE_URL=live_geth.url,
        ETHLOGS_BOOTSTRAP_SERVER=stream.bootstrap,
        ETHLOGS_TOPIC=stream.topic,
        ETHLOGS_CREATE_TOPICS="true",
        ETHLOGS_START="1",
        ETHLOGS_BLOCKS="3",
    )
    shell.run(
        read_script("docs/livy.md", "Through Livy"),
        {
            "/etc/hadoop/conf": yarn.where["HADOOP_CONF_DIR"],
            "https://livy.example.com:8998": livy.url,
            "http://geth.example.com:8545": live_geth.url,
            "kafka:9092": stream.bootstrap,
        },
    )
    assert_exactly_once(stream, live_geth.url, 1, 3, proof="block")


def make_home(yarn: Yarn, user: str) -> None:
    """Make a user's folder on HDFS, as its superuser."""
    url, who = f"{yarn.cluster.namenode_http}/webhdfs/v1/user/{user}", {"user.name": yarn.cluster.user}
    for operation in ({"op": "MKDIRS"}, {"op": "SETOWNER", "owner": user}):
        requests.put(url, params={**who, **operation}, timeout=10).raise_for_status()


@pytest.mark.long
@IS_THE_NODE
def test_a_program_submits_through_livy_for_another_user_and_finds_the_run_again(
    yarn: Yarn,
    livy: LivyServer,
    stream: Stream,
    live_geth: GethNode,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_home(yarn, OTHER)
    monkeypatch.chdir(tmp_path)
    for name, value in {**yarn.where, **livy.environment()}.items():
        monkeypatch.setenv(name, value)
    settings = produce_settings(stream, live_geth.url, tmp_path)
    run = ethlogs.submit("produce", **settings, queue=QUEUE, proxy_user=OTHER)
    assert run.application is not None
    assert yarn.describe(run.application)["user"] == OTHER

    elsewhere = {"proxy_user": OTHER, "run_dir": str(tmp_path / "other")}
    again = ethlogs.attach(run.id, **elsewhere)
    assert again.application == run.application
    assert run.id in [one.id for one in ethlogs.runs(**elsewhere)]
    assert_exactly_once(stream, live_geth.url, 1, stop_at(3, run, again, START_SECONDS))
    listed = list_hdfs(yarn, f"/user/{OTHER}/.ethlogs/runs/{run.id}")
    assert not [path for path in listed if path.startswith("/files")]

"""Runs on a real YARN, from a packed environment: watched to their end, failed, refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from ethlogs_devnet import SMALL_PLAN, GethNode
from ethlogs_devnet.hadoop.other_spark import SPARK_35, find_spark
from ethlogs_devnet.hadoop.settings import OTHER_USER, RESTRICTED_QUEUE
from tests.harness.commands import Command, id_of
from tests.harness.running import parse_report, wait_until
from tests.harness.streams import Stream, assert_exactly_once
from tests.integration.yarn.cluster import START_SECONDS, Yarn

pytestmark = pytest.mark.services
ANYWHERE = "0.0.0.0:0"
"""Which node the driver gets is not known beforehand, nor which of its ports are free."""


@pytest.mark.long
def test_the_doctor_looks_at_the_cluster_and_from_within_it(
    yarn: Yarn, stream: Stream, own_geth: GethNode, tmp_path: Path
) -> None:
    flags = ["--in-cluster", "--json"]
    with Command(
        stream, own_geth.url, tmp_path, *flags, name="doctor", where=yarn.where, limit_seconds=START_SECONDS
    ) as command:
        assert command.wait() == 0, command.stderr
        report = json.loads(command.stdout)
    for name in ("hadoop", "hdfs", "yarn", "queue", "archive"):
        assert re.search(rf"^ok +{name} ", command.stderr, re.MULTILINE), command.stderr
    assert {finding["check"] for finding in report["findings"]} >= {"node", "proof", "kafka", "topic"}
    assert {finding["state"] for finding in report["findings"]} <= {"ok", "warning", "skipped"}


def test_a_run_on_yarn_and_what_it_leaves_in_logs_and_on_hdfs(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, own_geth: GethNode
) -> None:
    """The chain stands still until the run was looked at: it waits for the rest of its blocks meanwhile."""
    command = start("--start", "1", "--blocks", "30", "--json", "--metrics-listen", ANYWHERE)
    command.wait_for_tip(stream, 10)
    application = id_of(command)
    is_running = f"application {application} is RUNNING, attempt 1"
    wait_until(lambda: is_running in command.stderr, "the command has seen it run", START_SECONDS)
    (url,) = re.findall(r"metrics are served at (\S+)", command.stderr)
    host = yarn.describe(application)["amHostHttpAddress"].partition(":")[0]
    assert url.startswith(f"http://{host}:"), "as YARN names the driver's node"
    assert "ethlogs_run_blocks{" in requests.get(url, timeout=10).text
    described = yarn.describe(application)
    assert described["runningContainers"] == 1, "a run that only follows holds no executor"
    assert described["queue"].endswith("streaming")
    while own_geth.height() < 30:
        own_geth.commit_block(SMALL_PLAN)
    assert command.wait() == 0, command.stderr
    report = parse_report(command.stdout)
    assert (report["exitStatus"], report["attempt"], report["blocks"]) == (0, 1, 30)
    for said in (
        "the driver's log: http://",
        "starting at block 1 (30 blocks, up to 30)",
    ):
        assert said in command.stderr
    assert yarn.describe(application)["finalStatus"] == "SUCCEEDED"
    assert_exactly_once(stream, own_geth.url, 1, 30)
    log = yarn.command("tail", "--application", application).stdout
    assert "starting at block 1" in log
    assert "INFO SparkContext" not in log, "of Spark what is below WARN is left out"
    assert "Traceback" not in log

    # a second submission uploads nothing large, and all is its owner's alone
    second = start("--timeout", f"{START_SECONDS:g}", name="smoketest")
    assert second.wait() == 0, second.stderr
    assert "uploading" not in second.stderr
    assert "produce, seconds" in second.stdout
    listed = list_hdfs(yarn, f"/user/{yarn.cluster.user}/.ethlogs")
    files = {path: mode for path, mode in listed.items() if "." in path.rsplit("/", 1)[-1]}
    assert len([path for path in files if path.startswith("/spark/")]) == 1
    assert len([path for path in files if path.startswith("/archives/")]) == 1
    runs = [path for path in listed if re.fullmatch(r"/runs/[^/]+", path)]
    assert {listed[path] for path in ["", "/runs", *runs]} == {"700"}
    assert {mode for path, mode in files.items() if path.startswith("/runs/")} == {"600"}


def list_hdfs(yarn: Yarn, folder: str) -> dict[str, str]:
    """Every path below a folder, with its permissions."""
    found = {}

    def walk(path: str) -> None:
        url = f"{yarn.cluster.namenode_http}/webhdfs/v1{folder}{path}"
        status = requests.get(url, params={"op": "GETFILESTATUS"}, timeout=10).json()["FileStatus"]
        found[path] = status["permission"]
        if status["type"] == "DIRECTORY":
            listed = requests.get(url, params={"op": "LISTSTATUS"}, timeout=10).json()
            for item in listed["FileStatuses"]["FileStatus"]:
                walk(f"{path}/{item['pathSuffix']}")

    walk("")
    return found


def test_the_drivers_own_status_arrives(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, tmp_path: Path
) -> None:
    flags = (
        "--node-url",
        "http://127.0.0.1:9",
        "--patience",
        "1",
        "--max-app-attempts",
        "1",
        "--blocks",
        "1",
    )
    command = start(*flags)
    assert command.wait() == 6
    assert "cannot be reached" in command.stderr
    assert stream.ledger


@pytest.mark.long
def test_an_application_that_somebody_else_kills(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, live_geth: GethNode
) -> None:
    command = start("--start", "1")
    command.wait_for_tip(stream, 3)
    application = id_of(command)
    yarn.kill(application)
    assert command.wait() == 8
    assert f"the application {application} was killed" in command.stderr
    assert "out of budget" in command.stderr or "killed by user" in command.stderr


REFUSALS = {
    "an unknown queue": (("--queue", "nope"), 8, "unknown queue: nope", "the queues are: default"),
    "a queue that is not permitted": (
        ("--queue", "restricted"),
        5,
        "not have permission",
        "SUBMIT_APPLICATIONS on the queue",
    ),
    "more memory than there is": (
        ("--driver-memory", "90g"),
        8,
        "above the max threshold",
        "--driver-memory",
    ),
    "more cores than there are": (("--driver-cores", "99"), 8, "Invalid resource request", "--driver-cores"),
}


RARER = ("an unknown queue", "a queue that is not permitted", "more cores than there are")


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[pytest.mark.long] if case in RARER else []) for case in REFUSALS]
)
def test_what_yarn_refuses(start: Callable[..., Command], case: str) -> None:
    flags, status, what, fix = REFUSALS[case]
    command = start(*flags, "--blocks", "1")
    assert command.wait() == status
    assert what in command.stderr
    assert fix in command.stderr
    assert "Traceback" not in command.stderr
    assert "\tat " not in command.stderr


def test_hdfs_without_permission(yarn: Yarn, stream: Stream, geth: GethNode, tmp_path: Path) -> None:
    where = {**yarn.where, "HADOOP_USER_NAME": OTHER_USER, "ETHLOGS_QUEUE": RESTRICTED_QUEUE}
    with Command(stream, geth.url, tmp_path, "--blocks", "1", where=where) as command:
        assert command.wait() == 5
    assert "permission denied" in command.stderr.lower()
    assert f"user={OTHER_USER}" in command.stderr


def test_a_cluster_that_does_not_answer(yarn: Yarn, stream: Stream, geth: GethNode, tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    conf.mkdir()
    for file in yarn.cluster.conf_dir.glob("*-site.xml"):
        text = re.sub(r"localhost:\d+", "localhost:9", file.read_text())
        (conf / file.name).write_text(text)
    where = {**yarn.where, "HADOOP_CONF_DIR": str(conf)}
    with Command(stream, geth.url, tmp_path / "command", "--blocks", "1", where=where) as command:
        # within the guard of the command, which is shorter than the 15 minutes that Hadoop waits by itself
        assert command.wait() == 8
    assert "Connection refused" in command.stderr
    assert "HADOOP_CONF_DIR" in command.stderr


@pytest.mark.long
def test_the_whole_road_with_spark_3_5(
    start: Callable[..., Command], stream: Stream, live_geth: GethNode
) -> None:
    command = start("--start", "1", "--blocks", "20", "--spark-submit", str(find_spark()))
    assert command.wait() == 0, command.stderr
    assert f"(Spark {SPARK_35}, Java 17)" in command.stderr
    assert f"the driver is up, with Spark {SPARK_35}" in command.stderr
    assert_exactly_once(stream, live_geth.url, 1, 20)

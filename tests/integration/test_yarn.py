"""Runs on a real YARN, from a packed environment: watched, killed, stopped, replaced, refused."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from ethlogs_devnet import SMALL_PLAN, GethNode, HadoopCluster, KafkaBroker, LiveHead
from ethlogs_devnet.other_spark import SPARK_35, find_spark

from .commands import APPLICATION, ETHLOGS, Command, id_of
from .running import another_run, build_settings, parse_report, run, wait_until
from .streams import Stream, assert_exactly_once

pytestmark = pytest.mark.services

START_SECONDS = 300.0
"""For containers on a machine that does much else."""


class Yarn:
    """The cluster as a user has it: its settings, an archive, and what the ResourceManager says."""

    def __init__(self, cluster: HadoopCluster, archive: Path, folder: Path) -> None:
        self.cluster = cluster
        self.where = {
            **cluster.environment(),
            "ETHLOGS_MASTER": "yarn",
            "ETHLOGS_ENV_ARCHIVE": str(archive),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }

    def applications(self) -> dict[str, dict[str, Any]]:
        """Everything that the ResourceManager knows, by id."""
        answer = requests.get(f"{self.cluster.webapp}/ws/v1/cluster/apps", timeout=10).json()
        return {found["id"]: found for found in (answer["apps"] or {}).get("app", ())}

    def describe(self, application: str) -> dict[str, Any]:
        return self.applications()[application]

    def attempts(self, application: str) -> int:
        url = f"{self.cluster.webapp}/ws/v1/cluster/apps/{application}/appattempts"
        return len(requests.get(url, timeout=10).json()["appAttempts"]["appAttempt"])

    def kill(self, application: str) -> None:
        """End it as another user's program would."""
        url = f"{self.cluster.webapp}/ws/v1/cluster/apps/{application}/state"
        requests.put(url, json={"state": "KILLED", "diagnostics": "out of budget"}, timeout=10)

    def drivers(self, application: str) -> dict[str, int]:
        """The processes of an application's driver: its Python and the JVM that started that."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                folder = str((entry / "cwd").readlink())
            except OSError:
                continue
            if application in folder and "bash" not in words[0]:
                found["java" if words[0].endswith("java") else "python"] = int(entry.name)
        return found

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command that needs neither node nor broker."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ETHLOGS_")}
        finished = subprocess.run(
            [str(ETHLOGS), *arguments],
            env={**kept, **self.where},
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
        )
        assert not check or finished.returncode == 0, finished.stderr
        return finished


@pytest.fixture(scope="module")
def yarn(tmp_path_factory: pytest.TempPathFactory, packed: Path) -> Iterator[Yarn]:
    """A cluster that no test stops."""
    folder = tmp_path_factory.mktemp("yarn")
    with HadoopCluster(folder / "hadoop") as cluster:
        yield Yarn(cluster, packed, folder)


@pytest.fixture
def live_geth(own_geth: GethNode) -> Iterator[GethNode]:
    """A node whose chain goes on."""
    with LiveHead(own_geth, 0.5, SMALL_PLAN):
        yield own_geth


@pytest.fixture
def start(yarn: Yarn, stream: Stream, own_geth: GethNode, tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Starts ``ethlogs produce`` on YARN; nothing of it outlives the test."""
    begun: list[Command] = []

    def start_one(*flags: str, of: Stream = stream, name: str = "produce") -> Command:
        folder = tmp_path / f"command-{len(begun)}"
        begun.append(
            Command(
                of, own_geth.url, folder, *flags, name=name, where=yarn.where, limit_seconds=START_SECONDS
            )
        )
        return begun[-1]

    yield start_one
    for command in begun:
        with command:
            for application in set(APPLICATION.findall(command.stderr + command.stdout)):
                yarn.kill(application)


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
    assert {finding["state"] for finding in report["findings"]} == {"ok", "skipped"}


def test_a_run_on_yarn_and_its_log(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, live_geth: GethNode
) -> None:
    command = start("--start", "1", "--blocks", "30", "--json")
    command.wait_for_tip(stream, 5)
    application = id_of(command)
    described = yarn.describe(application)
    assert described["runningContainers"] == 1, "a run that only follows holds no executor"
    assert described["queue"].endswith("streaming")
    assert command.wait() == 0, command.stderr
    report = parse_report(command.stdout)
    assert (report["exitStatus"], report["attempt"], report["blocks"]) == (0, 1, 30)
    for said in (
        f"application {application} is RUNNING, attempt 1",
        "the driver's log: http://",
        "begins at block 1, to block 30",
    ):
        assert said in command.stderr
    assert yarn.describe(application)["finalStatus"] == "SUCCEEDED"
    assert_exactly_once(stream, live_geth.url, 1, 30)
    log = yarn.command("tail", "--application", application).stdout
    assert "ApplicationMaster" in log
    assert "Traceback" not in log


def test_what_is_on_hdfs_is_there_once_and_for_its_owner_alone(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, live_geth: GethNode
) -> None:
    assert start("--blocks", "1").wait() == 0
    second = start("--timeout", "100", name="smoketest")
    assert second.wait() == 0, second.stderr
    assert "uploading" not in second.stderr, "the second submission uploads nothing large"
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


def test_a_driver_whose_python_and_then_whose_jvm_is_killed(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, own_geth: GethNode
) -> None:
    command = start("--start", "1", "--blocks", "20", "--max-app-attempts", "3", "--json")
    command.wait_for_tip(stream, 10)
    application = id_of(command)
    for process, tip in (("python", 15), ("java", 20)):
        os.kill(yarn.drivers(application)[process], signal.SIGKILL)
        while own_geth.height() < tip:
            own_geth.commit_block(SMALL_PLAN)
        command.wait_for_tip(stream, tip)
    assert command.wait() == 0, command.stderr
    report = parse_report(command.stdout)
    assert (report["exitStatus"], report["attempt"], report["tip"]["number"]) == (0, 3, 20)
    assert_exactly_once(stream, own_geth.url, 1, 20)
    assert len({claim.json["claim"] for claim in stream.claims()}) == 1


def test_an_interrupted_command_leaves_its_application_that_is_then_watched_and_stopped(
    yarn: Yarn,
    start: Callable[..., Command],
    stream: Stream,
    live_geth: GethNode,
    kafka: KafkaBroker,
    tmp_path: Path,
) -> None:
    command = start("--start", "1", "--driver-memory", "3g")
    command.wait_for_tip(stream, 5)
    application = id_of(command)
    command.process.send_signal(signal.SIGINT)
    assert command.wait() == 130
    assert f"the application {application} is still running" in command.stderr
    assert f"ethlogs stop --application {application}" in command.stderr
    assert yarn.describe(application)["state"] == "RUNNING"

    second = start("--blocks", "1")
    assert second.wait() == 9
    assert (
        f"the application {application} of {yarn.cluster.user} is RUNNING with this stream" in second.stderr
    )

    other = Stream(stream.bootstrap, f"{stream.topic}-other-{secrets.token_hex(3)}")
    waiting = start("--blocks", "1", "--driver-memory", "3g", "--submit-timeout", "5", of=other)
    assert waiting.wait() == 8
    assert "got no container within --submit-timeout 5 seconds" in waiting.stderr
    assert "the queue streaming is" in waiting.stderr

    stream_flags = ("--bootstrap-server", stream.bootstrap, "--topic", stream.topic)
    assert "ApplicationMaster" in yarn.command("tail", *stream_flags).stdout
    stopped = yarn.command("stop", *stream_flags, "--json")
    told = json.loads(stopped.stdout)
    heights = stream.heights()
    assert told == {"application": application, "gently": True, "tip": heights[-1]}
    assert f"ended by itself; the tip is block {heights[-1]}" in stopped.stderr
    assert yarn.describe(application)["finalStatus"] == "SUCCEEDED"
    assert_exactly_once(stream, live_geth.url, 1, heights[-1])


def test_a_detached_run_that_is_replaced_by_another(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, live_geth: GethNode
) -> None:
    detached = start("--start", "1", "--detach")
    assert detached.wait() == 0, detached.stderr
    first = detached.stdout.strip()
    assert APPLICATION.fullmatch(first)
    wait_until(lambda: stream.ledger and yarn.describe(first)["state"] == "RUNNING", "it runs", START_SECONDS)
    time.sleep(5)
    second = start("--blocks", "5", "--replace", "--json")
    assert second.wait() == 0, second.stderr
    assert f"stopping the application {first}, to be replaced" in second.stderr
    assert yarn.describe(first)["finalStatus"] == "SUCCEEDED"
    assert_exactly_once(stream, live_geth.url, 1, parse_report(second.stdout)["lastBlock"])


def test_a_superseded_run_that_yarn_starts_again_stays_out(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, live_geth: GethNode
) -> None:
    command = start("--start", "1", "--max-app-attempts", "2")
    command.wait_for_tip(stream, 12)
    application = id_of(command)
    settings = build_settings(stream, live_geth.url, start=None, blocks=60)
    run(another_run(settings, blocks=60)).assert_done()
    taken = len(stream.claims())
    assert command.wait() == 9, command.stderr
    assert yarn.describe(application)["finalStatus"] == "FAILED"
    assert yarn.attempts(application) == 2, "YARN did start it again"
    assert len(stream.claims()) == taken
    heights = stream.heights()
    assert heights == list(range(1, heights[-1] + 1))
    assert_exactly_once(stream, live_geth.url, 1, heights[-1])


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
    "a queue that is not permitted": (("--queue", "restricted"), 5, "not have permission", "that right"),
    "more memory than there is": (
        ("--driver-memory", "90g"),
        8,
        "above the max threshold",
        "--driver-memory",
    ),
    "more cores than there are": (("--driver-cores", "99"), 8, "Invalid resource request", "--driver-cores"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_yarn_refuses(start: Callable[..., Command], case: str) -> None:
    flags, status, what, mend = REFUSALS[case]
    command = start(*flags, "--blocks", "1")
    assert command.wait() == status
    assert what in command.stderr
    assert mend in command.stderr
    assert "Traceback" not in command.stderr
    assert "\tat " not in command.stderr


def test_hdfs_without_permission(yarn: Yarn, stream: Stream, geth: GethNode, tmp_path: Path) -> None:
    where = {**yarn.where, "HADOOP_USER_NAME": "alice"}
    with Command(stream, geth.url, tmp_path, "--blocks", "1", where=where) as command:
        assert command.wait() == 5
    assert "permission denied" in command.stderr.lower()
    assert "user=alice" in command.stderr


def test_a_cluster_that_does_not_answer(yarn: Yarn, stream: Stream, geth: GethNode, tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    conf.mkdir()
    for file in yarn.cluster.conf_dir.glob("*-site.xml"):
        text = re.sub(r"localhost:\d+", "localhost:9", file.read_text())
        (conf / file.name).write_text(text)
    begun = time.monotonic()
    where = {**yarn.where, "HADOOP_CONF_DIR": str(conf)}
    with Command(stream, geth.url, tmp_path / "command", "--blocks", "1", where=where) as command:
        assert command.wait() == 8
    assert "Connection refused" in command.stderr
    assert "HADOOP_CONF_DIR" in command.stderr
    assert time.monotonic() - begun < START_SECONDS, "not the 15 minutes that Hadoop waits by itself"


@pytest.mark.long
def test_the_whole_road_with_spark_3_5(
    start: Callable[..., Command], stream: Stream, live_geth: GethNode
) -> None:
    command = start("--start", "1", "--blocks", "20", "--spark-submit", str(find_spark()))
    assert command.wait() == 0, command.stderr
    assert f"(Spark {SPARK_35}, Java 17)" in command.stderr
    assert f"the driver is up, with Spark {SPARK_35}" in command.stderr
    assert_exactly_once(stream, live_geth.url, 1, 20)


@pytest.mark.long
def test_a_cluster_that_goes_away_while_a_command_waits(
    packed: Path, stream: Stream, live_geth: GethNode, tmp_path: Path
) -> None:
    with HadoopCluster(tmp_path / "hadoop") as cluster:
        yarn = Yarn(cluster, packed, tmp_path)
        with Command(
            stream, live_geth.url, tmp_path / "command", "--start", "1", where=yarn.where
        ) as command:
            command.wait_for_tip(stream, 3)
            application = id_of(command)
            cluster.kill()
            assert command.wait() == 12
    assert f"the application {application} cannot be watched any more" in command.stderr
    assert f"it may still be running: ethlogs status --application {application}" in command.stderr

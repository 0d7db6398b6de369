"""HDFS and YARN of the devnet: they serve, refuse what they should, come back, and leave nothing behind."""

from __future__ import annotations

import json
import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from ethlogs_devnet import HadoopCluster
from ethlogs_devnet.hadoop.settings import HadoopPorts
from ethlogs_devnet.hadoop.warm import find_hadoop

from .processes import ENOUGH_SECONDS, processes_of, wait_until

pytestmark = pytest.mark.services

COMMAND = [sys.executable, "-m", "ethlogs_devnet"]
USER = pwd.getpwuid(os.getuid()).pw_name
HOME = f"/user/{USER}"


# ---------------------------------------------------------------- helpers


@pytest.fixture(scope="module")
def hadoop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HadoopCluster]:
    cluster = HadoopCluster(tmp_path_factory.mktemp("hadoop"))
    with cluster:
        yield cluster
    assert nothing_is_left(cluster)


def webhdfs(hadoop: HadoopCluster, path: str, operation: str, user: str = USER) -> str:
    return f"{hadoop.namenode_http}/webhdfs/v1{path}?op={operation}&user.name={user}"


def put(hadoop: HadoopCluster, path: str, content: bytes, user: str = USER) -> requests.Response:
    return requests.put(webhdfs(hadoop, path, "CREATE&noredirect=false", user), data=content, timeout=30)


def get(hadoop: HadoopCluster, path: str) -> bytes:
    response = requests.get(webhdfs(hadoop, path, "OPEN"), timeout=30)
    response.raise_for_status()
    return response.content


def count_files(hadoop: HadoopCluster, path: str) -> int:
    response = requests.get(webhdfs(hadoop, path, "GETCONTENTSUMMARY"), timeout=30)
    return int(response.json()["ContentSummary"]["fileCount"]) if response.ok else 0


def ask_yarn(hadoop: HadoopCluster, path: str) -> Any:
    response = requests.get(f"{hadoop.webapp}/ws/v1/cluster/{path}", timeout=30)
    response.raise_for_status()
    return response.json()


def submit(webapp: str, queue: str, command: str) -> str:
    """Have YARN run a command as an application's first container; return the application's id."""
    apps = f"{webapp}/ws/v1/cluster/apps"
    application: str = requests.post(f"{apps}/new-application", timeout=30).json()["application-id"]
    body = {
        "application-id": application,
        "application-name": "test",
        "application-type": "TEST",
        "queue": queue,
        "am-container-spec": {"commands": {"command": command}},
        "resource": {"memory": 128, "vCores": 1},
    }
    requests.post(apps, json=body, timeout=30).raise_for_status()
    return application


def state_of(hadoop: HadoopCluster, application: str) -> str:
    state: str = ask_yarn(hadoop, f"apps/{application}")["app"]["state"]
    return state


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def nothing_is_left(hadoop: HadoopCluster) -> bool:
    return not processes_of(hadoop.files.folder) and not any(map(is_open, hadoop.ports))


def start_container(webapp: str, folder: Path) -> None:
    """Have YARN run a process that does nothing, and wait until it runs."""
    submit(webapp, "streaming", "sleep 3600")
    wait_until(lambda: "sleep 3600 " in processes_of(folder))


def listeners_of(pid: int) -> set[tuple[str, int]]:
    """The addresses that a process listens on, IPv6 ones as they are in /proc."""
    links = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(str(link.readlink()))
        except OSError:  # closed meanwhile
            continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in links:
                address, _, port = fields[1].partition(":")
                found.add((address, int(port, 16)))
    return found


# ---------------------------------------------------------------- HDFS


def test_a_file_is_written_and_read_back(hadoop: HadoopCluster) -> None:
    assert put(hadoop, f"{HOME}/some", b"content").status_code == 201
    assert get(hadoop, f"{HOME}/some") == b"content"


def test_folders_are_there_with_their_rights(hadoop: HadoopCluster) -> None:
    def status(path: str) -> tuple[str, str]:
        found = requests.get(webhdfs(hadoop, path, "GETFILESTATUS"), timeout=30).json()["FileStatus"]
        return found["owner"], found["permission"]

    assert status(HOME) == (USER, "755")
    assert status("/tmp") == status("/app-logs") == (USER, "1777")


def test_rights_are_kept(hadoop: HadoopCluster) -> None:
    refused = put(hadoop, f"{HOME}/other", b"", user="somebody-else")

    assert refused.status_code == 403
    assert "Permission denied: user=somebody-else" in refused.text


# ---------------------------------------------------------------- YARN


def test_there_is_one_node_and_three_queues(hadoop: HadoopCluster) -> None:
    (node,) = ask_yarn(hadoop, "nodes")["nodes"]["node"]
    queues = ask_yarn(hadoop, "scheduler")["scheduler"]["schedulerInfo"]["queues"]["queue"]

    assert (node["state"], node["availMemoryMB"], node["availableVirtualCores"]) == ("RUNNING", 6144, 8)
    assert {queue["queueName"] for queue in queues} == {"default", "streaming", "restricted"}


def test_an_application_runs_and_its_log_is_kept_on_hdfs(hadoop: HadoopCluster) -> None:
    application = submit(hadoop.webapp, "streaming", "echo said 1><LOG_DIR>/stdout; exit 3")
    wait_until(lambda: state_of(hadoop, application) == "FAILED")

    assert len(ask_yarn(hadoop, f"apps/{application}/appattempts")["appAttempts"]["appAttempt"]) == 3
    wait_until(lambda: count_files(hadoop, f"/app-logs/{USER}") == 1)


@pytest.mark.parametrize(
    ("queue", "said"),
    [("restricted", "does not have permission to submit"), ("no-such-queue", "unknown queue")],
)
def test_a_queue_that_is_not_the_users_is_refused(hadoop: HadoopCluster, queue: str, said: str) -> None:
    try:
        application = submit(hadoop.webapp, queue, "true")
    except requests.HTTPError as error:
        assert said in error.response.text
    else:
        wait_until(lambda: state_of(hadoop, application) == "FAILED")
        assert said in ask_yarn(hadoop, f"apps/{application}")["app"]["diagnostics"]


# ---------------------------------------------------------------- process


def test_it_listens_on_its_ports_of_the_loopback_address_only(hadoop: HadoopCluster) -> None:
    assert hadoop.pid is not None
    listening = listeners_of(hadoop.pid)

    assert {address for address, _ in listening} <= {"0100007F", "0000000000000000FFFF00000100007F"}
    assert sorted(port for _, port in listening) == sorted(hadoop.ports)


def test_its_classes_come_from_the_archive_that_makes_starts_cheap(hadoop: HadoopCluster) -> None:
    archive = find_hadoop().options[0].partition("=")[2]
    assert archive in Path(f"/proc/{hadoop.pid}/maps").read_text()


def test_after_a_kill_it_comes_back_with_its_files_and_without_containers(hadoop: HadoopCluster) -> None:
    put(hadoop, f"{HOME}/kept", b"content")
    start_container(hadoop.webapp, hadoop.files.folder)
    hadoop.kill()
    assert nothing_is_left(hadoop)

    hadoop.start()
    assert get(hadoop, f"{HOME}/kept") == b"content"
    assert ask_yarn(hadoop, "metrics")["clusterMetrics"]["activeNodes"] == 1


@pytest.mark.long
def test_stop_ends_containers_and_start_begins_anew(hadoop: HadoopCluster) -> None:
    start_container(hadoop.webapp, hadoop.files.folder)
    hadoop.stop()
    assert nothing_is_left(hadoop)

    hadoop.start()
    assert ask_yarn(hadoop, "metrics")["clusterMetrics"]["appsRunning"] == 0


@pytest.mark.long
def test_two_clusters_that_start_at_once_come_up(tmp_path: Path) -> None:
    clusters = [HadoopCluster(tmp_path / name) for name in ("one", "other")]
    try:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda cluster: cluster.start(), clusters))
        for cluster in clusters:
            assert ask_yarn(cluster, "metrics")["clusterMetrics"]["activeNodes"] == 1
            # below /tmp it would be the other one's too, and the second to start would die now and then
            assert list(cluster.files.data.glob("node-attributes/nodeattribute.mirror*"))
    finally:
        for cluster in clusters:
            cluster.kill()


# ---------------------------------------------------------------- the devnet with it


@pytest.mark.long
def test_up_with_yarn_and_livy_is_shown_and_all_of_it_dies_with_the_supervisor(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    arguments = ["--state", str(folder)]
    up = [*COMMAND, "up", *arguments, "--blocks", "0", "--block-seconds", "0", "--yarn", "--livy"]
    settings = subprocess.run(up, capture_output=True, text=True, timeout=ENOUGH_SECONDS, check=True).stdout
    state = json.loads((folder / "state.json").read_text())
    try:
        assert "export ETHLOGS_MASTER=yarn\n" in settings
        assert "export ETHLOGS_QUEUE=streaming\n" in settings
        assert f"export ETHLOGS_ENV_FILE={folder}/conda-env.yml\n" in settings
        channel = (folder / "conda-env.yml").read_text().split("channels:\n  - ")[1].split("\n")[0]
        assert Path(channel.removeprefix("file://"), "linux-64", "repodata.json").is_file()
        assert f"export HADOOP_CONF_DIR={folder}/hadoop/conf\n" in settings
        status = subprocess.run(
            [*COMMAND, "status", *arguments], capture_output=True, text=True, timeout=ENOUGH_SECONDS
        )
        assert [line.split()[:2] for line in status.stdout.splitlines()] == [
            ["geth", "up"],
            ["kafka", "up"],
            ["hadoop", "up"],
            ["livy", "up"],
        ]
        assert_livy_takes_batches(state)
        ports = HadoopPorts(*state["services"]["hadoop"]["ports"])
        start_container(f"http://localhost:{ports.resourcemanager_http}", folder)
        os.kill(state["supervisor"]["pid"], signal.SIGKILL)
        wait_until(lambda: not processes_of(tmp_path))
    finally:
        subprocess.run(
            [*COMMAND, "down", *arguments], capture_output=True, timeout=ENOUGH_SECONDS, check=True
        )
    assert not (folder / "hadoop").exists()
    assert not (folder / "livy").exists()


def assert_livy_takes_batches(state: Any) -> None:
    """Whoever sends one names himself, as on servers that are protected from other sites' pages."""
    livy = state["services"]["livy"]
    batches = f"http://localhost:{livy['ports'][0]}/batches"
    assert state["environment"]["ETHLOGS_LIVY_URL"] == batches.removesuffix("/batches")
    assert listeners_of(livy["process"]["pid"]) == {("0100007F", livy["ports"][0])}
    batch = {"file": "/none.py", "name": "one"}
    unnamed = requests.post(batches, json=batch, timeout=30)
    assert (unnamed.status_code, "CSRF" in unnamed.text) == (400, True)
    named = requests.post(batches, json=batch, headers={"X-Requested-By": "test"}, timeout=30)
    assert (named.status_code, named.json()["name"]) == (201, "one")

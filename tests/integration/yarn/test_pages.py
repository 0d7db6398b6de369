"""The commands of docs/cluster.md and docs/backfill.md for YARN, as a user gives them to a shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs_devnet import GethNode
from scripts.page_commands import read_script
from tests.harness.pages import Shell
from tests.harness.streams import Stream, assert_exactly_once, assert_history_exactly_once
from tests.integration.yarn.cluster import Yarn

pytestmark = pytest.mark.services


@pytest.fixture
def shell(yarn: Yarn, stream: Stream, tmp_path: Path) -> Shell:
    """The shell of a user who has a packed environment, and whose stream does not exist yet."""
    creation = {"ETHLOGS_CREATE_TOPICS": "true", "ETHLOGS_PARTITIONS": "3"}
    names = {"ETHLOGS_TOPIC": stream.topic, "ETHLOGS_START": "1", **creation}
    return Shell(tmp_path, **yarn.where, **names)


def test_a_run_of_the_page_for_clusters(
    yarn: Yarn, shell: Shell, stream: Stream, live_geth: GethNode
) -> None:
    del shell.environment["ETHLOGS_MASTER"], shell.environment["HADOOP_CONF_DIR"]
    done = shell.run(
        read_script("docs/cluster.md", "On a cluster", without=("pip install",)),
        {
            "/etc/hadoop/conf": yarn.where["HADOOP_CONF_DIR"],
            "http://geth:8545": live_geth.url,
            "kafka:9092": stream.bootstrap,
            "5000": "4",
        },
    )
    assert "master yarn: HADOOP_CONF_DIR is set" in done.stderr
    assert_exactly_once(stream, live_geth.url, 1, 4, proof="block")


@pytest.mark.long
def test_history_by_the_executors_that_the_page_names(
    shell: Shell, stream: Stream, own_geth: GethNode
) -> None:
    shell.environment.update(ETHLOGS_NODE_URL=own_geth.url, ETHLOGS_BOOTSTRAP_SERVER=stream.bootstrap)
    # the devnet's node has no room for more
    room = {
        "--num-executors 8": "--num-executors 2",
        "--executor-cores 2": "--executor-cores 1",
        "1g": "512m",
    }
    shell.run(
        read_script("docs/backfill.md", "Executors and nodes", without=("local[8]",)),
        {**room, "…": "--confirmations 2"},
    )
    assert_history_exactly_once(stream, own_geth.url, 0, 8)

"""Runs through a real Livy, on the cluster that the other runs share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from ethlogs_devnet import GethNode, LivyServer
from ethlogs_devnet.kafka.certificates import Authority
from tests.harness.commands import Command, id_of
from tests.harness.running import parse_report
from tests.harness.streams import Stream, assert_exactly_once
from tests.integration.yarn.cluster import Yarn
from tests.integration.yarn.test_runs import list_hdfs

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def livy(yarn: Yarn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivyServer]:
    """A Livy in front of the cluster, by https, which submits as whoever is named."""
    folder, impersonation = tmp_path_factory.mktemp("livy"), {"livy.impersonation.enabled": "true"}
    with LivyServer(folder, yarn.cluster, impersonation, authority=Authority(folder / "ca")) as server:
        yield server


def test_a_run_through_livy_leaves_no_secret_on_hdfs(
    yarn: Yarn, livy: LivyServer, start: Callable[..., Command], stream: Stream, own_geth: GethNode
) -> None:
    ca_file = livy.environment()["ETHLOGS_LIVY_CA_FILE"]
    flags = ("--livy-url", livy.url, "--livy-ca-file", ca_file)
    command = start(*flags, "--start", "1", "--blocks", "8", "--json")
    assert command.wait() == 0, command.stderr
    assert parse_report(command.stdout)["blocks"] == 8
    assert_exactly_once(stream, own_geth.url, 1, 8)

    (run,) = re.findall(r"run (\S+), submitted", command.stderr)
    assert f"ethlogs produce {stream.topic} {run}" in command.stderr
    described = yarn.describe(str(id_of(command)))
    assert described["name"] == f"ethlogs produce {stream.topic} {run}"
    assert described["queue"].endswith("streaming")
    listed = list_hdfs(yarn, f"/user/{yarn.cluster.user}/.ethlogs/runs/{run}")
    assert set(listed) == {"", "/progress.json", "/report.json", "/shipped.json"}

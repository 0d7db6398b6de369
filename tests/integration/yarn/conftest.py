"""One cluster for all, and commands that end with their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ethlogs_devnet import SMALL_PLAN, GethNode, HadoopCluster, LiveHead
from tests.harness.commands import APPLICATION, Command
from tests.harness.streams import Stream
from tests.integration.yarn.cluster import START_SECONDS, Yarn

MANY_ATTEMPTS = {"yarn": {"yarn.resourcemanager.am.global.max-attempts": "12"}}
"""How often the cluster starts a run again, where the run asks for it."""


@pytest.fixture(scope="package")
def yarn(tmp_path_factory: pytest.TempPathFactory, packed: Path) -> Iterator[Yarn]:
    """A cluster that no test stops."""
    folder = tmp_path_factory.mktemp("yarn")
    with HadoopCluster(folder / "hadoop", MANY_ATTEMPTS) as cluster:
        yield Yarn(cluster, packed, folder)


@pytest.fixture
def live_geth(own_geth: GethNode) -> Iterator[GethNode]:
    """A node whose chain continues."""
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

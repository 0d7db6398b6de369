"""A live chain, and a user whose stream does not exist yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ethlogs_devnet import SMALL_PLAN, Finality, GethNode, LiveHead
from tests.harness.pages import Shell
from tests.harness.streams import Stream
from tests.integration.pages.user import User


@pytest.fixture(scope="module")
def live_geth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GethNode]:
    """A node whose chain continues, and is final four blocks below its head."""
    with GethNode(tmp_path_factory.mktemp("pages")) as node:
        for _ in range(12):
            node.commit_block(SMALL_PLAN)
        with LiveHead(node, 0.5, SMALL_PLAN, Finality(2, 4)):
            yield node


@pytest.fixture
def user(live_geth: GethNode, stream: Stream, tmp_path: Path) -> User:
    """A user whose stream does not exist yet."""
    shell = Shell(
        tmp_path,
        ETHLOGS_NODE_URL=live_geth.url,
        ETHLOGS_BOOTSTRAP_SERVER=stream.bootstrap,
        ETHLOGS_TOPIC=stream.topic,
    )
    return User(shell, stream, live_geth)

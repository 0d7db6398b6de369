"""A node that is not geth: no bytes of consensus, other errors, transactions of the OP Stack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ethlogs_devnet import AnvilNode, MissingToolError
from ethlogs_devnet.anvil.binary import find_anvil
from tests.harness.running import RunInThread, build_settings, run, wait_until
from tests.harness.streams import Stream, assert_exactly_once, assert_folds

pytestmark = pytest.mark.services

BLOCKS = 6
NETWORKS = {"ethereum": None, "the OP Stack": "optimism"}


@pytest.fixture
def anvil(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnvilNode]:
    """An anvil with some blocks of three transactions and five event logs."""
    try:
        find_anvil()
    except MissingToolError as error:
        pytest.skip(str(error))
    with AnvilNode(tmp_path / "anvil", NETWORKS[request.param]) as node:
        for _ in range(BLOCKS):
            node.commit_block()
        yield node


@pytest.mark.parametrize("anvil", NETWORKS, indirect=True)
def test_a_client_that_gives_no_bytes_is_proven_by_its_receipts(stream: Stream, anvil: AnvilNode) -> None:
    report = (
        run(build_settings(stream, anvil.url, start="1", blocks=BLOCKS, proof="auto")).assert_done().report
    )
    assert report["logs"] == BLOCKS * 5
    assert_exactly_once(stream, anvil.url, 1, BLOCKS, proof="receipts")


@pytest.mark.parametrize("anvil", ["the OP Stack"], indirect=True)
def test_a_reorg_of_another_client_is_retracted(stream: Stream, anvil: AnvilNode) -> None:
    with RunInThread(build_settings(stream, anvil.ws_url, start="1", blocks=BLOCKS + 1)) as running:
        wait_until(lambda: running.tip == BLOCKS, "the run follows")
        anvil.reorg(2)
        anvil.commit_block()
        report = running.wait().assert_done().report
    assert report["deepestReorg"] == 2
    assert_folds(stream, anvil.url, 1, BLOCKS + 1)

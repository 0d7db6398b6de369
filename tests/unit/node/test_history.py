"""How far back a URL has receipts, and what a run does with it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import BlockNotFoundError
from ethlogs.node import BlockSource, Node
from ethlogs.node.history import History, find_lowest, has_receipts
from ethlogs.settings import NodeSettings, ProofSettings
from tests.unit.local_node import Json, LocalNode, Reply, failure, local_node, result
from tests.unit.proof_samples import make_block

HEADER, RECEIPTS = make_block(3)
HEIGHT = int(HEADER["number"], 16)
HEAD = HEIGHT + 1000
TRANSACTION = "0x" + "ab" * 32

PRUNED: dict[str, Callable[[], Reply]] = {
    "null, as Nethermind": lambda: result(None),
    "an empty list, as Besu": lambda: result([]),
    "error 4444, as geth": lambda: failure(4444, "pruned history unavailable"),
}


class ImpatientStop(StopSwitch):
    """Waits no time at all."""

    def pause(self, _seconds: float) -> None:
        self.check()


def pruned_chain(lowest: int, refuse: Callable[[], Reply] = PRUNED["null, as Nethermind"]) -> Any:
    """A fake, since no real node drops history within a test: it has receipts from ``lowest`` on."""

    def respond(asked: Json) -> Reply:
        method, params = asked["method"], asked["params"]
        if method in ("eth_chainId", "eth_blockNumber"):
            return result({"eth_chainId": "0x1", "eth_blockNumber": hex(HEAD)}[method])
        height = HEIGHT if params[0] == HEADER["hash"] else int(params[0], 16)
        if method == "eth_getBlockReceipts":
            return refuse() if height < lowest else result(RECEIPTS)
        if height == HEIGHT:
            return result(HEADER)
        return result({"hash": "0x" + "00" * 32, "number": hex(height), "transactions": [TRANSACTION]})

    return respond


def fetch(*nodes: LocalNode, notices: list[str]) -> str:
    """Fetch the sample's block; returns the URL that gave it."""
    settings = NodeSettings(tuple(node.url for node in nodes), patience_seconds=2.0)
    with contextlib.closing(Node(settings, ImpatientStop(), notices.append)) as node:
        source = BlockSource(node, ProofSettings("receipts"), 2.0, ImpatientStop(), notices.append)
        assert source.fetch(HEIGHT).block.hash == HEADER["hash"]
        return node.name


@pytest.mark.parametrize("lowest", [1, 2, 3, 499, 500, 999, 1000])
def test_the_lowest_block_is_found_by_halving(lowest: int) -> None:
    asked: list[int] = []

    def has(height: int) -> bool:
        asked.append(height)
        return height >= lowest

    assert find_lowest(has, 1000) == lowest
    assert len(asked) <= 12


def test_a_node_that_lacks_even_its_newest_receipts_has_none() -> None:
    assert find_lowest(lambda _height: False, 100) == 101


def test_blocks_without_transactions_are_passed_over_while_looking() -> None:
    def has(height: int) -> bool | None:
        return height >= 600 if height % 10 == 0 else None

    assert 590 < find_lowest(has, 1000) <= 600


def test_a_chain_without_any_transaction_lacks_nothing() -> None:
    assert find_lowest(lambda _height: None, 1000) == 1


@pytest.mark.parametrize("lowest", [1, 60, 70, 9_000])
def test_the_empty_blocks_that_a_chain_begins_with_say_nothing_of_its_history(lowest: int) -> None:
    """Mainnet's first transaction is in block 46,147."""

    def has(height: int) -> bool | None:
        return height >= lowest if height >= 50 else None

    assert find_lowest(has, 10_000) == lowest


def test_the_genesis_block_has_no_receipts_to_lack() -> None:
    with (
        local_node(pruned_chain(1)) as served,
        contextlib.closing(Node(NodeSettings((served.url,)), ImpatientStop(), print)) as node,
    ):
        assert History(node).explain_missing(0) is None


@pytest.mark.parametrize("form", PRUNED)
def test_each_form_of_pruned_receipts_is_known(form: str) -> None:
    with local_node(pruned_chain(HEIGHT + 10, PRUNED[form])) as served:
        settings = NodeSettings((served.url,))
        with contextlib.closing(Node(settings, ImpatientStop(), lambda _notice: None)) as node:
            assert has_receipts(node, HEIGHT + 10)
            assert has_receipts(node, HEIGHT + 9) is False


@pytest.mark.parametrize("form", PRUNED)
def test_a_height_goes_to_the_url_that_has_it(form: str) -> None:
    notices: list[str] = []
    with (
        local_node(pruned_chain(HEIGHT + 700, PRUNED[form])) as first,
        local_node(pruned_chain(HEIGHT + 300, PRUNED[form])) as second,
        local_node(pruned_chain(1)) as third,
    ):
        assert fetch(first, second, third, notices=notices) == third.url


@pytest.mark.parametrize("form", PRUNED)
def test_heights_that_no_url_has_are_named_with_how_far_each_goes_back(form: str) -> None:
    with (
        local_node(pruned_chain(HEIGHT + 700, PRUNED[form])) as first,
        local_node(pruned_chain(HEIGHT + 300, PRUNED[form])) as second,
        pytest.raises(BlockNotFoundError) as refused,
    ):
        fetch(first, second, notices=[])
    assert f"no node URL has the receipts of blocks {HEIGHT} to {HEIGHT + 299}" in str(refused.value)
    assert f"{first.url} has them from block {HEIGHT + 700} on" in str(refused.value)
    assert f"{second.url} has them from block {HEIGHT + 300} on" in str(refused.value)
    assert "keeps all receipts" in str(refused.value.hint)
    assert f"--start {HEIGHT + 300} of produce, --from {HEIGHT + 300} of backfill" in str(refused.value.hint)
    assert refused.value.exit_status == 6


def test_one_block_that_is_missing_in_the_middle_is_no_end_of_the_history() -> None:
    """The search finds that the URL goes back further: the trouble is another one, and reported as such."""
    whole = pruned_chain(1)

    def respond(asked: Json) -> Reply:
        if asked["method"] == "eth_getBlockReceipts" and HEADER["hash"] in asked["params"]:
            return result(None)
        reply: Reply = whole(asked)
        return reply

    with local_node(respond) as served, pytest.raises(BlockNotFoundError, match="but not its receipts"):
        fetch(served, notices=[])

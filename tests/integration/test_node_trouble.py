"""A node that is away, limits, lags or lies: waited out, or refused; never believed."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import (
    BlockGoneError,
    BlockNotFoundError,
    NodeRefusedError,
    NodeUnavailableError,
    UnprovenError,
)
from ethlogs.verify import VerifySettings, verify_stream
from ethlogs_devnet import SMALL_PLAN, GethNode
from ethlogs_devnet.ports import find_free_ports
from tests.harness.lies import (
    answer_empty,
    change_a_byte,
    exchange_a_transaction,
    hide_a_log,
    leave_out_a_receipt,
    swap_two_logs,
)
from tests.harness.lying_node import LyingNode, Reply
from tests.harness.running import ENOUGH_SECONDS, RunInThread, another_run, build_settings, run, wait_until
from tests.harness.streams import Stream, assert_exactly_once, heights_of

pytestmark = pytest.mark.services

HEIGHT = 3
"""The block that the node lies about; the one before it is served honestly."""


@pytest.fixture
def node(geth: GethNode) -> Iterator[LyingNode]:
    """A node in front of the real one that is honest until a test gives it a rule."""
    with LyingNode(geth.url) as lying:
        yield lying


# ---------------------------------------------------------------- lies


def of_height(change: Callable[[list[dict[str, Any]]], None]) -> Callable[[list[Any], Any], Any]:
    """A rule that alters the receipts, or logs, of the one block."""

    def rule(params: list[Any], result: Any) -> Any:
        if not result or int(result[0]["blockNumber"], 16) != HEIGHT:
            return result
        altered = copy.deepcopy(result)
        change(altered)
        return altered

    return rule


def header_with(**fields: Any) -> Callable[[list[Any], Any], Any]:
    """A rule that alters fields of the one block's header."""
    return lambda params, result: {**result, **fields} if params[0] == hex(HEIGHT) else result


FORGED_ROOT = "0x" + "11" * 32
LIES = {
    "a hidden log": ("eth_getBlockReceipts", of_height(hide_a_log)),
    "a changed byte": ("eth_getBlockReceipts", of_height(change_a_byte)),
    "two logs swapped": ("eth_getBlockReceipts", of_height(swap_two_logs)),
    "a receipt left out": ("eth_getBlockReceipts", of_height(leave_out_a_receipt)),
    "another transaction": ("eth_getBlockReceipts", of_height(exchange_a_transaction)),
    "no receipts": ("eth_getBlockReceipts", of_height(answer_empty)),
    "another timestamp": ("eth_getBlockByNumber", header_with(timestamp="0x65000000")),
    "another receipts root": ("eth_getBlockByNumber", header_with(receiptsRoot=FORGED_ROOT)),
    "another receipts root, and an unknown field": (
        "eth_getBlockByNumber",
        header_with(receiptsRoot=FORGED_ROOT, ofALaterFork="0x1"),
    ),
    "another receipts root, and no nonce": (
        "eth_getBlockByNumber",
        header_with(receiptsRoot=FORGED_ROOT, nonce=None),
    ),
    "another hash": ("eth_getBlockByNumber", header_with(hash="0x" + "22" * 32)),
    "another height": ("eth_getBlockByNumber", header_with(number="0x4")),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_ends_the_run_with_status_6_and_nothing_of_the_block(
    stream: Stream, node: LyingNode, lie: str
) -> None:
    method, rule = LIES[lie]
    node.when(method, rule)
    settings = build_settings(stream, node.url, start=str(HEIGHT - 1), blocks=3, patience=2.0)
    outcome = run(settings)
    if lie == "no receipts":  # an empty list is not there yet, which is not a lie
        outcome.assert_failed(BlockNotFoundError, f"has block {HEIGHT} but not its receipts", hint="pruned")
    else:
        outcome.assert_failed(
            UnprovenError, f"block {HEIGHT} cannot be proven, after 2 seconds", hint="another node"
        )
        assert outcome.report["exitStatus"] == 6
    assert not set(stream.heights()) - {HEIGHT - 1}
    assert list(heights_of(stream.event_logs())) == stream.heights()


def test_with_consent_every_page_says_which_header_was_not_checked(stream: Stream, node: LyingNode) -> None:
    """One header has a field that is hashed and that this version does not know."""
    node.when("eth_getBlockByNumber", header_with(stateRoot="0x" + "11" * 32, aFieldOfALaterFork="0x1"))
    settings = build_settings(
        stream, node.url, start=str(HEIGHT - 1), blocks=3, patience=2.0, unchecked_headers=True
    )
    outcome = run(settings).assert_done()
    shown = [row.json["proof"] for row in stream.blocks()]
    assert shown == ["receipts", "receipts+unchecked", "receipts"]
    assert outcome.report["proofs"] == {"receipts": 2, "receipts+unchecked": 1}
    assert len([notice for notice in outcome.notices if "the field aFieldOfALaterFork" in notice]) == 1

    check = VerifySettings(settings.kafka, settings.stream, settings.node, proof=settings.follow.proof)
    summary = verify_stream(check, StopSwitch(ENOUGH_SECONDS), print, print, lambda progress: None)
    assert (summary.verdict, summary.exit_status) == ("unchecked", 0)
    with pytest.raises(UnprovenError, match="the field aFieldOfALaterFork"):
        without_consent = replace(check, proof=replace(check.proof, unchecked_headers=False))
        verify_stream(without_consent, StopSwitch(ENOUGH_SECONDS), print, print, lambda progress: None)


def test_a_run_goes_on_once_the_node_no_longer_lies(stream: Stream, node: LyingNode, geth: GethNode) -> None:
    node.when("eth_getBlockReceipts", of_height(hide_a_log))
    settings = build_settings(stream, node.url, start=str(HEIGHT - 1), blocks=3)
    assert run(settings).report["exitStatus"] == 6
    node.be_honest()
    run(settings, attempt=2).assert_done()
    assert_exactly_once(stream, geth.url, HEIGHT - 1, HEIGHT + 1)


@pytest.mark.parametrize("lie", ["a hidden log", "a receipt left out", "another timestamp"])
def test_a_lie_that_passes_is_asked_again(stream: Stream, node: LyingNode, geth: GethNode, lie: str) -> None:
    method, rule = LIES[lie]
    node.when(method, rule, times=3)
    outcome = run(build_settings(stream, node.url, start=str(HEIGHT), blocks=1)).assert_done()
    assert outcome.report["retries"] >= 1
    assert any("asking again" in notice for notice in outcome.notices)
    assert_exactly_once(stream, geth.url, HEIGHT, HEIGHT)


def test_a_second_url_is_asked_where_the_first_one_lies(
    stream: Stream, node: LyingNode, geth: GethNode
) -> None:
    node.when("eth_getBlockReceipts", of_height(hide_a_log))
    outcome = run(build_settings(stream, node.url, geth.url, start=str(HEIGHT), blocks=1)).assert_done()
    assert any(f"asking {geth.url} instead" in notice for notice in outcome.notices)
    assert_exactly_once(stream, geth.url, HEIGHT, HEIGHT)


# ---------------------------------------------------------------- away, limiting, failing


def test_a_node_that_is_not_there_ends_the_run_with_status_6(stream: Stream) -> None:
    (port,) = find_free_ports(1)
    url = f"http://127.0.0.1:{port}"
    outcome = run(build_settings(stream, url, blocks=1, patience=1.0))
    outcome.assert_failed(NodeUnavailableError, url, "cannot be reached", hint="is --node-url right")
    assert outcome.report["exitStatus"] == 6


def test_a_page_instead_of_a_node_is_told_at_once(stream: Stream, node: LyingNode) -> None:
    node.always(Reply(200, b"<!DOCTYPE html><html><title>Sign in</title></html>"))
    outcome = run(build_settings(stream, node.url, blocks=1))
    outcome.assert_failed(NodeRefusedError, "an HTML page, not with JSON-RPC", hint="--node-url")
    assert sum(node.calls.values()) == 1


def test_a_node_that_refuses_access_is_told_at_once(stream: Stream, node: LyingNode) -> None:
    node.always(Reply(401, b"go away"))
    outcome = run(build_settings(stream, node.url, blocks=1))
    outcome.assert_failed(NodeRefusedError, "refuses access (HTTP 401)", hint="--node-header-file")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(429, b"slow down", {"Retry-After": "1"}), id="429"),
        pytest.param(Reply(503, b"<html>no upstream</html>"), id="503"),
        pytest.param(Reply(200, b'{"jsonrpc":"2.0","id":1,"resu'), id="a cut answer"),
        pytest.param(Reply.rpc_error(-32005, "limit exceeded"), id="a limit by JSON-RPC"),
        pytest.param(Reply.rpc_error(-32603, "Timeout expired", status=408), id="408"),
        pytest.param(Reply.rpc_error(-32768, "what is this"), id="an unknown code"),
        pytest.param(Reply(404, b"default backend"), id="404"),
    ],
)
@pytest.mark.parametrize("method", ["*", "eth_getBlockReceipts"])
def test_what_passes_is_waited_out(
    stream: Stream, node: LyingNode, geth: GethNode, reply: Reply, method: str
) -> None:
    def answer(params: list[Any], result: Any) -> Any:
        raise reply

    node.when(method, answer, times=3)
    outcome = run(build_settings(stream, node.url, start="1", blocks=2)).assert_done()
    assert outcome.report["retries"] >= 2
    assert any("trying again for up to" in notice for notice in outcome.notices)
    assert_exactly_once(stream, geth.url, 1, 2)


@pytest.mark.parametrize(
    "answer", [None, "", "0x", "0x1_0", Reply(400), Reply(403), Reply(404, b"default backend")], ids=repr
)
def test_a_node_that_has_worked_is_not_refused_for_a_bad_head(
    stream: Stream, node: LyingNode, geth: GethNode, answer: Any
) -> None:
    asked = itertools.count()

    def rule(params: list[Any], result: Any) -> Any:
        if next(asked) not in (1, 2):
            return result
        return raise_reply(answer) if isinstance(answer, Reply) else answer

    node.when("eth_blockNumber", rule)
    run(build_settings(stream, node.url, start="1", blocks=2)).assert_done()
    assert_exactly_once(stream, geth.url, 1, 2)


@pytest.mark.parametrize(
    "answer", [Reply.rpc_error(-32603, "internal error"), Reply(500), {"number": "0xffff"}], ids=repr
)
def test_a_finalized_block_that_is_answered_badly_is_not_in_the_way(
    stream: Stream, node: LyingNode, geth: GethNode, answer: Any
) -> None:
    def rule(params: list[Any], result: Any) -> Any:
        if params[0] != "finalized":
            return result
        return raise_reply(answer) if isinstance(answer, Reply) else answer

    node.when("eth_getBlockByNumber", rule)
    outcome = run(build_settings(stream, node.url, start="1", blocks=2)).assert_done()
    assert outcome.report["retries"] == 0
    newest = stream.newest_block()
    assert newest is not None
    assert newest.json["finalized"] is None
    assert_exactly_once(stream, geth.url, 1, 2)


def test_a_url_without_a_genesis_block_is_left_out(stream: Stream, node: LyingNode, geth: GethNode) -> None:
    node.when("eth_getBlockByNumber", lambda params, result: None if params[0] == "0x0" else result)
    outcome = run(build_settings(stream, node.url, geth.url, start="1", blocks=2)).assert_done()
    assert any("does not give its genesis block" in notice for notice in outcome.notices)
    assert_exactly_once(stream, geth.url, 1, 2)


def test_a_url_of_another_chain_is_left_out(stream: Stream, node: LyingNode, geth: GethNode) -> None:
    settings = build_settings(stream, geth.url, node.url, start="1", blocks=1)
    run(settings).assert_done()
    node.when("eth_chainId", lambda params, result: "0x5")
    outcome = run(another_run(settings, blocks=1)).assert_done()
    assert any(f"{node.url} is left out" in notice for notice in outcome.notices)
    assert_exactly_once(stream, geth.url, 1, 2)


def test_what_does_not_pass_ends_the_run_when_the_patience_is_over(stream: Stream, node: LyingNode) -> None:
    node.when("eth_getBlockReceipts", lambda params, result: raise_reply(Reply(503)))
    outcome = run(build_settings(stream, node.url, start="1", blocks=1, patience=1.0))
    outcome.assert_failed(
        NodeUnavailableError, "HTTP 503", "no answer for 1 seconds", hint="is the node running"
    )
    assert outcome.report["exitStatus"] == 6
    assert stream.is_untouched() or not stream.heights()


def test_the_second_url_takes_over_when_the_first_dies(stream: Stream, own_geth: GethNode) -> None:
    first = LyingNode(own_geth.url)
    settings = build_settings(stream, first.url, own_geth.url, start="1", blocks=12)
    with first, RunInThread(settings) as running:
        wait_until(lambda: running.tip == 10, "the run has all blocks that there are")
        first.close()
        own_geth.commit_block(SMALL_PLAN)
        own_geth.commit_block(SMALL_PLAN)
        outcome = running.wait().assert_done()
    assert any(f"asking {own_geth.url} instead" in notice for notice in outcome.notices)
    assert_exactly_once(stream, own_geth.url, 1, 12)


def raise_reply(reply: Reply) -> Any:
    raise reply


# ---------------------------------------------------------------- lagging and pruned


def test_a_node_that_names_a_head_before_it_has_the_block_is_waited_for(
    stream: Stream, own_geth: GethNode
) -> None:
    with LyingNode(own_geth.url) as node:
        node.when("eth_blockNumber", lambda params, result: hex(max(12, int(result, 16))))
        with RunInThread(build_settings(stream, node.url, start="9", blocks=4)) as running:
            wait_until(lambda: any("does not have block 11" in text for text in running.notices), "it waits")
            own_geth.commit_block(SMALL_PLAN)
            own_geth.commit_block(SMALL_PLAN)
            running.wait().assert_done()
    assert_exactly_once(stream, own_geth.url, 9, 12)


def test_receipts_that_come_later_than_their_block_are_waited_for(
    stream: Stream, node: LyingNode, geth: GethNode
) -> None:
    node.when("eth_getBlockReceipts", lambda params, result: None, times=4)
    run(build_settings(stream, node.url, start="30", blocks=1)).assert_done()
    assert_exactly_once(stream, geth.url, 30, 30)


def test_a_node_that_fell_behind_the_tip_is_waited_for(stream: Stream, own_geth: GethNode) -> None:
    settings = build_settings(stream, own_geth.url, start="8", blocks=3)
    run(settings).assert_done()
    with LyingNode(own_geth.url) as node:
        node.when("eth_blockNumber", lambda params, result: "0x5")
        with RunInThread(build_settings(stream, node.url, blocks=1)) as running:
            wait_until(lambda: any("below the tip 10" in text for text in running.notices), "it waits")
            node.be_honest()
            own_geth.commit_block(SMALL_PLAN)
            running.wait().assert_done()
    assert_exactly_once(stream, own_geth.url, 8, 11)


def test_a_node_that_stays_behind_the_tip_ends_the_run_with_status_6(
    stream: Stream, own_geth: GethNode
) -> None:
    settings = build_settings(stream, own_geth.url, start="8", blocks=3, patience=1.0)
    run(settings).assert_done()
    with LyingNode(own_geth.url) as node:
        node.when("eth_blockNumber", lambda params, result: "0x5")
        outcome = run(build_settings(stream, node.url, blocks=1, patience=1.0))
    outcome.assert_failed(NodeUnavailableError, "is at block 5, below the stream's tip 10", hint="in sync")
    assert stream.heights() == [8, 9, 10]


def test_pruned_history_ends_the_run_with_status_6(stream: Stream, node: LyingNode) -> None:
    pruned = Reply.rpc_error(4444, "pruned history unavailable")
    node.when("eth_getBlockReceipts", lambda params, result: raise_reply(pruned))
    outcome = run(build_settings(stream, node.url, start="1", blocks=1))
    outcome.assert_failed(BlockGoneError, "4444", "pruned history", hint="keeps its history")
    assert outcome.report["exitStatus"] == 6
    # Behind one URL there may be several members: the answer has to be repeated.
    assert node.calls["eth_getBlockReceipts"] == 4


def test_old_blocks_without_receipts_are_named_and_not_waited_for(stream: Stream, node: LyingNode) -> None:
    node.when("eth_blockNumber", lambda params, result: hex(1_000))
    node.when("eth_getBlockReceipts", lambda params, result: None)
    outcome = run(build_settings(stream, node.url, start="1", blocks=1, patience=100.0))
    said = "no node URL has the receipts of blocks 1 to 1000"
    outcome.assert_failed(BlockNotFoundError, said, hint="keeps all receipts")
    assert outcome.report["exitStatus"] == 6


def test_a_node_without_block_receipts_is_asked_for_them_one_by_one(
    stream: Stream, node: LyingNode, geth: GethNode
) -> None:
    missing = Reply.rpc_error(-32601, "the method eth_getBlockReceipts does not exist/is not available")
    node.when("eth_getBlockReceipts", lambda params, result: raise_reply(missing))
    run(build_settings(stream, node.url, start="1", blocks=1)).assert_done()
    assert_exactly_once(stream, geth.url, 1, 1)

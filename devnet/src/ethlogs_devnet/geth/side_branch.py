"""A branch that competes with a node's chain, made on a second geth and handed over in one piece.

geth builds blocks only on its own head, so the branch is built by a helper that follows the node's chain up
to the fork. The node then gets the branch as a consensus client would hand it over: every block by
engine_newPayload while the old branch is still canonical, then one forkchoice update.
"""

from __future__ import annotations

from typing import Any

from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.geth.chain import (
    BEACON_ROOT,
    BlockContent,
    ChainWriter,
    commit_content,
    require_valid,
    set_forkchoice,
)
from ethlogs_devnet.geth.plans import BlockPlan
from ethlogs_devnet.geth.process import GethProcess


def replace_branch(
    node: GethProcess, helper: GethProcess, fork: int, length: int, plan: BlockPlan, salt: int
) -> list[str]:
    """Make ``length`` other blocks on top of block ``fork`` the node's chain; return their hashes.

    ``helper`` is a running geth with the same genesis; it ends up with the new branch too.
    """
    copy_chain(node, helper, fork)
    payloads = _build(helper, length, plan, salt)
    for built in payloads:
        requests = built.get("executionRequests") or []
        status = node.engine.call("engine_newPayloadV4", built["executionPayload"], [], BEACON_ROOT, requests)
        require_valid(status)
    hashes = [built["executionPayload"]["blockHash"] for built in payloads]
    set_forkchoice(node, hashes[-1])
    return hashes


def copy_chain(node: GethProcess, copy: GethProcess, height: int) -> None:
    """Make the node's block ``height`` the head of another geth with the same genesis."""
    common = min(height, copy.height())
    while node.block_hash(common) != copy.block_hash(common):
        common -= 1
    if common < copy.height():
        copy.rpc("debug_setHead", hex(common))
    for number in range(common + 1, height + 1):
        block = node.rpc("eth_getBlockByNumber", hex(number), False)
        body = node.engine.call("engine_getPayloadBodiesByHashV1", [block["hash"]])[0]
        content = BlockContent(int(block["timestamp"], 16), body["transactions"])
        if commit_content(copy, content) != block["hash"]:
            raise DevnetError(f"block {number} cannot be made again: it was not made by the devnet")


def _build(helper: GethProcess, length: int, plan: BlockPlan, salt: int) -> list[dict[str, Any]]:
    """Return the payloads of ``length`` new blocks on the helper's head, which they become."""
    writer = ChainWriter(helper)
    payloads = []
    for _ in range(length):
        head = helper.rpc("eth_getBlockByNumber", "latest", False)
        content, _nonces = writer.build(plan, int(head["timestamp"], 16) + 1, salt)
        arguments = (head["hash"], content.attributes(), content.transactions, None)
        payloads.append(helper.rpc("testing_buildBlockV1", *arguments))
        commit_content(helper, content)
    return payloads

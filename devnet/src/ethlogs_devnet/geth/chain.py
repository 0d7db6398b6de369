"""Making blocks on a running geth, by its testing and engine namespaces."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.geth.genesis import BLOCK_SPACING_SECONDS, GENESIS_TIMESTAMP
from ethlogs_devnet.geth.plans import BlockPlan
from ethlogs_devnet.geth.process import GethProcess
from ethlogs_devnet.geth.transactions import ACCOUNTS, address_of, build_transaction

UNCHANGED = "0x" + "00" * 32
"""In a forkchoice update: leave the safe and finalized blocks as they are."""
BEACON_ROOT = "0x" + "33" * 32


def chain_time(height: int) -> int:
    """Return the timestamp of a block of the ready-made chain."""
    return GENESIS_TIMESTAMP + height * BLOCK_SPACING_SECONDS


@dataclass(frozen=True)
class BlockContent:
    """All that is particular to a block: on the same parent it always gives the same hash."""

    timestamp: int
    transactions: list[str]

    def attributes(self) -> dict[str, Any]:
        """Return the payload attributes as the engine API spells them."""
        return {
            "timestamp": hex(self.timestamp),
            "prevRandao": "0x" + "11" * 32,
            "suggestedFeeRecipient": "0x" + "22" * 20,
            "withdrawals": [],
            "parentBeaconBlockRoot": BEACON_ROOT,
        }


class ChainWriter:
    """Puts blocks on top of one node's chain; knows each account's next nonce."""

    def __init__(self, node: GethProcess) -> None:
        self._node = node
        self._nonces: list[int] | None = None

    def forget_nonces(self) -> None:
        """Read the nonces from the node again before the next block (after a restart or a rewind)."""
        self._nonces = None

    def commit(self, plan: BlockPlan, timestamp: int | None = None, salt: int = 0) -> str:
        """Put a block on top of the chain and return its hash.

        ``timestamp`` defaults to the present time, or one second after the parent's where that is later.
        """
        content, nonces = self.build(plan, timestamp, salt)
        self._nonces = None  # known again only when the block is in
        block_hash = commit_content(self._node, content)
        self._nonces = nonces
        return block_hash

    def build(self, plan: BlockPlan, timestamp: int | None, salt: int) -> tuple[BlockContent, list[int]]:
        """Return the content of a block on the present head, and the accounts' nonces after it."""
        head = self._node.rpc("eth_getBlockByNumber", "latest", False)
        if timestamp is None:
            timestamp = max(int(time.time()), int(head["timestamp"], 16) + 1)
        nonces = list(self._nonces) if self._nonces is not None else fetch_nonces(self._node)
        transactions = []
        for index, step in enumerate(plan):
            account = index % ACCOUNTS
            seed = (int(head["number"], 16) + 1) * 7919 + index * 104_729
            chain_id = self._node.spec.chain_id
            transactions.append(build_transaction(step, account, nonces[account], seed, salt, chain_id))
            nonces[account] += 1
        return BlockContent(timestamp, transactions), nonces


def commit_content(node: GethProcess, content: BlockContent) -> str:
    """Put a block on top of the chain and return its hash."""
    arguments = (content.attributes(), content.transactions, None)
    block_hash: str = node.rpc("testing_commitBlockV1", *arguments)
    return block_hash


def fetch_nonces(node: GethProcess) -> list[int]:
    """Return the next nonce of each of the devnet's accounts."""
    accounts = ["0x" + address_of(account).hex() for account in range(ACCOUNTS)]
    answers = node.http.batch([("eth_getTransactionCount", (address, "latest")) for address in accounts])
    return [int(answer, 16) for answer in answers]


def set_forkchoice(node: GethProcess, head: str, safe: str = UNCHANGED, finalized: str = UNCHANGED) -> None:
    """Name the head, the safe and the finalized block to geth, as a consensus client does."""
    state = {"headBlockHash": head, "safeBlockHash": safe, "finalizedBlockHash": finalized}
    answer = node.engine.call("engine_forkchoiceUpdatedV3", state, None)
    require_valid(answer["payloadStatus"])


def require_valid(status: dict[str, Any]) -> None:
    """Raise DevnetError unless the engine API called a payload valid."""
    if status["status"] != "VALID":
        raise DevnetError(f"geth does not take the block: {status}")

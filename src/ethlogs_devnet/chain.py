"""Making blocks on a running geth, by its testing and engine namespaces."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from ethlogs_devnet.genesis import BLOCK_SPACING_SECONDS, GENESIS_TIMESTAMP, ChainSpec
from ethlogs_devnet.plans import DEFAULT_PLAN, BlockPlan
from ethlogs_devnet.rpc import JsonRpc
from ethlogs_devnet.transactions import ACCOUNTS, address_of, build_transaction

_ZERO_HASH = "0x" + "00" * 32
_BEACON_ROOT = "0x" + "33" * 32


def chain_time(height: int) -> int:
    """Return the timestamp of a block of the ready-made chain."""
    return GENESIS_TIMESTAMP + height * BLOCK_SPACING_SECONDS


class ChainWriter:
    """Commits blocks to one node; knows each account's next nonce. Safe to share between threads."""

    def __init__(self, rpc: JsonRpc, engine: Callable[[], JsonRpc], spec: ChainSpec) -> None:
        self._rpc = rpc
        self._engine = engine
        self._spec = spec
        self._lock = threading.RLock()
        self._nonces: list[int] | None = None

    def forget_nonces(self) -> None:
        """Read the nonces from the node again before the next block (after a restart or a rewind)."""
        with self._lock:
            self._nonces = None

    def commit(self, plan: BlockPlan = DEFAULT_PLAN, timestamp: int | None = None, salt: int = 0) -> str:
        """Put a block on top of the chain and return its hash.

        ``timestamp`` defaults to the present time, or one second after the parent's where that is later.
        """
        with self._lock:
            head = self._rpc.call("eth_getBlockByNumber", "latest", False)
            height = int(head["number"], 16) + 1
            if timestamp is None:
                timestamp = max(int(time.time()), int(head["timestamp"], 16) + 1)
            if self._nonces is None:
                self._nonces = self._fetch_nonces("latest")
            nonces, self._nonces = self._nonces, None  # known again only when the block is in
            transactions = self._sign(plan, height, nonces, salt)
            block_hash: str = self._rpc.call(
                "testing_commitBlockV1", _attributes(timestamp), transactions, None
            )
            self._nonces = nonces
            return block_hash

    def rewind(self, height: int) -> None:
        """Make block ``height`` the head and forget the blocks above it (debug_setHead)."""
        with self._lock:
            self.forget_nonces()
            self._rpc.call("debug_setHead", hex(height))

    def reorg(
        self, depth: int, salt: int = 1, plan: BlockPlan = DEFAULT_PLAN, length: int | None = None
    ) -> list[str]:
        """Replace the newest ``depth`` blocks by ``length`` (default ``depth`` + 1) others.

        Returns the new blocks' hashes, lowest first. The head is lower for a moment (debug_setHead).
        """
        with self._lock:
            fork = self._height() - depth
            timestamp = int(self._rpc.call("eth_getBlockByNumber", hex(fork), False)["timestamp"], 16)
            self.rewind(fork)
            count = depth + 1 if length is None else length
            return [self.commit(plan, timestamp + 1 + i, salt) for i in range(count)]

    def set_finalized(self, height: int) -> None:
        """Make block ``height`` the node's ``safe`` and ``finalized`` block."""
        with self._lock:
            head = self._rpc.call("eth_getBlockByNumber", "latest", False)["hash"]
            final = self._rpc.call("eth_getBlockByNumber", hex(height), False)["hash"]
            self.set_forkchoice(head, final)

    def set_forkchoice(self, head: str, final: str) -> None:
        """Tell geth which block is the head and which is safe and finalized (zeros: leave as it is)."""
        state = {"headBlockHash": head, "safeBlockHash": final, "finalizedBlockHash": final}
        self._engine().call("engine_forkchoiceUpdatedV3", state, None)

    def _sign(self, plan: BlockPlan, height: int, nonces: list[int], salt: int) -> list[str]:
        signed = []
        for index, step in enumerate(plan):
            account = index % ACCOUNTS
            seed = height * 7919 + index * 104_729
            signed.append(build_transaction(step, account, nonces[account], seed, salt, self._spec.chain_id))
            nonces[account] += 1
        return signed

    def _height(self) -> int:
        return int(self._rpc.call("eth_blockNumber"), 16)

    def _fetch_nonces(self, block: str) -> list[int]:
        accounts = ["0x" + address_of(account).hex() for account in range(ACCOUNTS)]
        answers = self._rpc.batch([("eth_getTransactionCount", (address, block)) for address in accounts])
        return [int(answer, 16) for answer in answers]


def _attributes(timestamp: int) -> dict[str, Any]:
    return {
        "timestamp": hex(timestamp),
        "prevRandao": "0x" + "11" * 32,
        "suggestedFeeRecipient": "0x" + "22" * 20,
        "withdrawals": [],
        "parentBeaconBlockRoot": _BEACON_ROOT,
    }

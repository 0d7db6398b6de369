"""A geth whose blocks are made by whoever holds the object."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ethlogs_devnet.errors import NodeRpcError
from ethlogs_devnet.geth.binary import GethBinary
from ethlogs_devnet.geth.chain import UNCHANGED, ChainWriter, set_forkchoice
from ethlogs_devnet.geth.finality import Finality
from ethlogs_devnet.geth.genesis import ChainSpec
from ethlogs_devnet.geth.plans import DEFAULT_PLAN, BlockPlan
from ethlogs_devnet.geth.process import GethProcess
from ethlogs_devnet.geth.ready_chain import restore_chain
from ethlogs_devnet.geth.side_branch import copy_chain, replace_branch


class GethNode(GethProcess):
    """A geth process and its chain; all methods may be called from any thread.

    ``blocks`` is the length of the ready-made chain that a new data folder begins with (see
    :mod:`ethlogs_devnet.geth.ready_chain`). With ``many_reorgs`` the second geth, which a reorg needs, runs
    from the first reorg until this one is stopped: a start costs some seconds of CPU.
    """

    def __init__(
        self,
        state_dir: Path,
        blocks: int = 0,
        *,
        ipc: bool = False,
        spec: ChainSpec | None = None,
        many_reorgs: bool = False,
    ) -> None:
        super().__init__(state_dir, spec, ipc=ipc)
        self.blocks = blocks
        self._many_reorgs = many_reorgs
        self._helper: GethNode | None = None
        self._writing = threading.RLock()
        self._writer = ChainWriter(self)

    def environment(self) -> dict[str, str]:
        """Return the settings that point ethlogs at this node."""
        return {"ETHLOGS_NODE_URL": self.url}

    def create_data(self, binary: GethBinary) -> None:
        """Fill the new data folder with the ready-made chain, which may be the genesis block alone."""
        restore_chain(self.data_dir, self.blocks, self.spec, binary)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._writer.forget_nonces()
        super().start()

    def standing_still(self) -> AbstractContextManager[object]:
        """While it is entered, only the thread that entered it changes the chain."""
        return self._writing

    def commit_block(
        self, plan: BlockPlan = DEFAULT_PLAN, timestamp: int | None = None, salt: int = 0
    ) -> str:
        """Put a block on top of the chain and return its hash.

        ``timestamp`` defaults to the present time, or one second after the parent's where that is later.
        Another ``salt`` gives the same plan other amounts, hashes and event logs.
        Raises NodeUnreachableError where geth is away; the block may be in the chain then or not.
        """
        with self._writing:
            return self._writer.commit(plan, timestamp, salt)

    def follow(self, other: GethNode, height: int | None = None) -> None:
        """Take over another node's chain up to ``height`` (default: its head), as a peer of it would.

        Blocks of this node's own that the other does not have are forgotten.
        """
        with self._writing:
            self._writer.forget_nonces()
            copy_chain(other, self, other.height() if height is None else height)

    def rewind(self, height: int) -> None:
        """Make block ``height`` the head and forget the blocks above it (debug_setHead)."""
        with self._writing:
            self._writer.forget_nonces()
            self.rpc("debug_setHead", hex(height))

    def reorg(
        self, depth: int, salt: int = 1, plan: BlockPlan = DEFAULT_PLAN, length: int | None = None
    ) -> list[str]:
        """Replace the newest ``depth`` blocks by ``length`` (default ``depth`` + 1) others; return those.

        As after a real reorg, the head jumps in one step from the old branch to the new one, and the old
        blocks can still be asked for by their hashes. It takes about 2 s: a second geth builds the branch.
        Two reorgs at the same height need different salts. No block is committed meanwhile.
        """
        with self._writing:
            self._writer.forget_nonces()
            count = depth + 1 if length is None else length
            with self._started_helper() as helper:
                return replace_branch(self, helper, self.height() - depth, count, plan, salt)

    def copy_ahead(self, depth: int) -> None:
        """Copy the chain below a reorg of ``depth`` to the second geth, while blocks may be committed.

        A long chain takes minutes, for which it would stand still otherwise.
        """
        with self._started_helper() as helper:
            copy_chain(self, helper, max(0, self.height() - depth))

    @contextmanager
    def _started_helper(self) -> Iterator[GethNode]:
        if self._helper is None:
            self._helper = GethNode(self.state_dir / "side", self.blocks, spec=self.spec)
        if self._helper.pid is None:
            self._helper.start()
        try:
            yield self._helper
        finally:
            if not self._many_reorgs:
                self._helper.stop()

    def stop(self) -> None:
        """End it gently, and the second geth, where that runs."""
        if self._helper is not None:
            self._helper.stop()
        super().stop()

    def reorg_by_rewind(self, depth: int, salt: int = 1, plan: BlockPlan = DEFAULT_PLAN) -> list[str]:
        """Rewind ``depth`` blocks and commit ``depth`` + 1 others; return their hashes, lowest first.

        Quick, but clients see the head fall and rise, and the old blocks are gone.
        """
        with self._writing:
            fork = self.height() - depth
            timestamp = int(self.rpc("eth_getBlockByNumber", hex(fork), False)["timestamp"], 16)
            self.rewind(fork)
            return [self.commit_block(plan, timestamp + 1 + i, salt) for i in range(depth + 1)]

    def set_finalized(self, height: int) -> None:
        """Make block ``height`` the node's ``safe`` and ``finalized`` block."""
        with self._writing:
            final = self.block_hash(height)
            set_forkchoice(self, self.block_hash(self.height()), final, final)

    def settle(self, finality: Finality) -> None:
        """Move ``safe`` and ``finalized`` along to where they are for the present head."""
        with self._writing:
            head = self.height()
            heights = (head - finality.safe_blocks, head - finality.finalized_blocks)
            safe, finalized = (self.block_hash(height) if height > 0 else UNCHANGED for height in heights)
            set_forkchoice(self, self.block_hash(head), safe, finalized)

    def finalized_height(self) -> int:
        """Return the height of the ``finalized`` block, 0 where none is known."""
        try:
            block = self.rpc("eth_getBlockByNumber", "finalized", False)
        except NodeRpcError:
            return 0
        return int(block["number"], 16) if block else 0

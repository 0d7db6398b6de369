"""A chain that continues: a block every so many seconds."""

from __future__ import annotations

import threading
import time

from ethlogs_devnet.errors import DevnetError, NodeRpcError, NodeUnreachableError
from ethlogs_devnet.geth.finality import Finality
from ethlogs_devnet.geth.node import GethNode
from ethlogs_devnet.geth.plans import DEFAULT_PLAN, BlockPlan
from ethlogs_devnet.service import Service


class LiveHead(Service):
    """Commits a block of ``plan`` each ``seconds``; continues by itself after the node was away.

    With ``finality`` the node's ``safe`` and ``finalized`` blocks follow the head; else nothing is final.
    """

    def __init__(
        self,
        geth: GethNode,
        seconds: float,
        plan: BlockPlan = DEFAULT_PLAN,
        finality: Finality | None = None,
    ) -> None:
        self._geth = geth
        self._seconds = seconds
        self._plan = plan
        self._finality = finality
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.committed = 0
        """How many blocks it has committed."""
        self.last_error: DevnetError | None = None
        """Why the newest attempt failed; None when it did not."""

    def start(self) -> None:
        """Begin; the first block comes after ``seconds``."""
        self._settle()
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, name="live-head", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, after the block that is being made."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        due = time.monotonic() + self._seconds
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            due = max(due + self._seconds, time.monotonic())
            self._commit()

    def _settle(self) -> None:
        if self._finality is not None:
            self._geth.settle(self._finality)

    def _commit(self) -> None:
        try:
            with self._geth.standing_still():
                self._geth.commit_block(self._plan)
                self._settle()
            self.committed += 1
            self.last_error = None
        except (NodeUnreachableError, NodeRpcError) as error:
            self.last_error = error

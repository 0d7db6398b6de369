"""The node: its chain, its head, whether its blocks can be proven, and how far back it has them."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

from ethlogs.cancellation import StopSwitch
from ethlogs.counted import counted
from ethlogs.doctor.checkup import Checkup, Warned
from ethlogs.errors import NodeError
from ethlogs.node import BlockLookup, BlockSource, Node
from ethlogs.node.endpoint import NodeIdentity, distinct_names
from ethlogs.node.history import lowest_of
from ethlogs.node.raw_blocks import DEBUG_DANGER
from ethlogs.settings import NodeSettings, ProofSettings

_OLD_HEAD_SECONDS = 600
_OTHER_URLS = "remove or correct a --node-url that is left out: it cannot stand in for the first one"


def examine_node(checkup: Checkup, settings: NodeSettings, proof: ProofSettings) -> NodeIdentity | None:
    """Check every URL's chain, then the blocks of the one that a run would ask; return the chain."""
    with contextlib.ExitStack() as stack:
        examination = _Examination(settings, proof, stack)
        checkup.look("node", examination.see_chain)
        checkup.look("head", examination.see_head, needs="node")
        checkup.look("proof", examination.see_proofs, needs="node")
        checkup.look("history", examination.see_history, needs="proof")
        return examination.chain


class _Examination:
    """The node, opened by the first look: what is wrong with its settings is a finding too."""

    def __init__(self, settings: NodeSettings, proof: ProofSettings, stack: contextlib.ExitStack) -> None:
        self._settings = settings
        self._proof = proof
        self._stack = stack
        self._notices: list[str] = []
        self.chain: NodeIdentity | None = None
        self._node: Node
        self._source: BlockSource
        self._lookup: BlockLookup

    def see_chain(self) -> str | Warned:
        stop, notify, patience_seconds = StopSwitch(), self._notices.append, self._settings.patience_seconds
        self._node = self._stack.enter_context(contextlib.closing(Node(self._settings, stop, notify)))
        self._source = BlockSource(self._node, self._proof, patience_seconds, stop, notify)
        self._lookup = BlockLookup(self._node, patience_seconds, stop, notify)
        self.chain = chain = self._node.connect()
        others = "".join(f"; {notice}" for notice in self._notices)
        text = f"{self._node.name} has chain id {chain.chain_id}, genesis {chain.genesis_hash}{others}"
        return Warned(text, _OTHER_URLS) if others and len(self._settings.urls) > 1 else text

    def see_head(self) -> str | Warned:
        block = self._lookup.fetch(self._source, "latest").block
        age = max(0, int(time.time()) - block.timestamp)
        text = f"block {block.number}, {age} seconds old"
        if age > _OLD_HEAD_SECONDS:
            return Warned(text, "is the node in sync with its chain? eth_syncing says how far it is")
        return text

    def see_proofs(self) -> str:
        """Return what each URL gives of the newest block, and how to have the strongest proof."""
        urls = self._settings.urls
        found: list[str] = []
        errors: list[NodeError] = []
        for url, name in zip(urls, distinct_names(urls), strict=True):
            try:
                found.append(f"{name}: {self._see_proof(url)}")
            except NodeError as exc:
                errors.append(exc)
                found.append(f"{name}: {exc}")
        if len(errors) == len(found):
            raise errors[0]
        return "; ".join(found)

    def _see_proof(self, url: str) -> str:
        settings, proof, stop = replace(self._settings, urls=(url,)), self._proof, StopSwitch()
        notices: list[str] = []
        with contextlib.closing(Node(settings, stop, notices.append)) as node:
            node.connect()
            source = BlockSource(node, proof, settings.patience_seconds, stop, notices.append)
            lookup = BlockLookup(node, settings.patience_seconds, stop, notices.append)
            fetched = lookup.fetch(source, "latest")
        block = fetched.block
        logs = counted(len(block.logs), "event log")
        text = f"block {block.number} with {logs} is proven by {block.proof}"
        remarks = "".join(f"; {notice}" for notice in notices)
        weaker = proof.least == "auto" and not block.proof.startswith("block")
        return f"{text}, from {fetched.size_bytes:,} bytes{remarks}{f'; {DEBUG_DANGER}' if weaker else ''}"

    def see_history(self) -> str:
        """The lowest block of each URL: a pruned node has no receipts below a height."""
        found = {name: lowest_of(self._node, name) for name in self._node.names}
        if set(found.values()) == {1}:
            return "receipts back to block 1"
        each = "; ".join(f"{name} has receipts back to block {lowest}" for name, lowest in found.items())
        return f"{each}; a --start or --from below {min(found.values())} needs another node"

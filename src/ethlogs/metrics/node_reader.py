"""Asking one node URL again and again how far its chain is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ethlogs.errors import BlockNotFoundError, NodeUnavailableError
from ethlogs.node.endpoint import Endpoint, distinct_names, require_quantity
from ethlogs.settings import NodeSettings

NODE_SECONDS = 5.0
"""Limit of one request: a node that hangs must be known to be away within a few looks."""
LATEST = "latest"
_TAGS = (LATEST, "safe", "finalized")


@dataclass(frozen=True)
class NodeState:
    """The state of a node's chain."""

    name: str
    chain_id: int
    heights: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """The height of each tag that the node has."""
    head_timestamp: int = 0


class NodeReader:
    """Looks at one URL, whatever the others do; used by one thread."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.name
        self._endpoint = endpoint
        self._chain_id: int | None = None

    def look(self) -> NodeState:
        """Ask for the head and for what is safe and final.

        Raises
        ------
        EthlogsError
            When the node does not answer well: the next look asks for its chain again.
        """
        chain_id, self._chain_id = self._chain_id, None
        if chain_id is None:
            chain_id = require_quantity(self._endpoint.call("eth_chainId").result, "eth_chainId", self.name)
        heights, head_timestamp = {}, 0
        for tag in _TAGS:
            header = self._fetch_header(tag)
            if header is None:
                continue
            heights[tag] = require_quantity(header.get("number"), f"the {tag} block", self.name)
            if tag == LATEST:
                head_timestamp = require_quantity(header.get("timestamp"), "the head's timestamp", self.name)
        if LATEST not in heights:
            raise NodeUnavailableError(f"node {self.name} has no latest block")
        self._chain_id = chain_id
        return NodeState(self.name, chain_id, heights, head_timestamp)

    def _fetch_header(self, tag: str) -> dict[str, object] | None:
        """Return the header; ``None`` where the node has none: a young chain has nothing final."""
        try:
            header = self._endpoint.call("eth_getBlockByNumber", tag, False).result
        except BlockNotFoundError:
            return None
        return header if isinstance(header, dict) else None

    def close(self) -> None:
        """Close the connections."""
        self._endpoint.close()


def open_nodes(settings: NodeSettings) -> tuple[NodeReader, ...]:
    """Return a reader for each URL."""
    names = distinct_names(settings.urls)
    return tuple(
        NodeReader(Endpoint(url, name, settings)) for url, name in zip(settings.urls, names, strict=True)
    )

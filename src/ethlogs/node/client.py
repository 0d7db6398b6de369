"""One logical node out of several URLs: stays on one until that fails, waits out what passes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ethlogs.backoff import Backoff
from ethlogs.errors import NodeError, NodeRefusedError, NodeUnavailableError, SettingsError
from ethlogs.node.rpc import Answer, build_request, parse_answer
from ethlogs.node.transport import open_transport
from ethlogs.settings import NodeSettings, display_url
from ethlogs.stop import StopSwitch

Notify = Callable[[str], None]

FIRST_CONTACT_SECONDS = 30.0
"""A node that has never answered is more often a wrong URL than a node that restarts."""


@dataclass(frozen=True)
class NodeIdentity:
    """The chain that a node serves."""

    chain_id: int
    genesis_hash: str


class Endpoint:
    """One node URL."""

    def __init__(self, url: str, name: str, settings: NodeSettings) -> None:
        self.name = name
        self._transport = open_transport(url, settings)

    def call(self, method: str, *params: Any) -> Answer:
        """Ask once; see :mod:`ethlogs.node.rpc` for the errors."""
        return parse_answer(self._transport.send(build_request(method, params)), method, self.name)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def fetch_identity(self) -> NodeIdentity:
        """Ask for the chain id and the genesis block's hash."""
        chain_id = parse_quantity(self.call("eth_chainId").result, "eth_chainId", self.name)
        genesis = self.call("eth_getBlockByNumber", "0x0", False).result
        if not isinstance(genesis, dict) or not isinstance(genesis.get("hash"), str):
            raise NodeUnavailableError(f"node {self.name} does not give its genesis block")
        return NodeIdentity(chain_id, genesis["hash"].lower())


class Node:
    """Asks the current URL; when that fails, the next one; when all fail, again after a while.

    Safe to use from several threads. Every URL's chain is checked before the first use of it.
    """

    def __init__(self, settings: NodeSettings, stop: StopSwitch, notify: Notify) -> None:
        if not settings.urls:
            raise SettingsError("no node URL is given", hint="give --node-url, or set ETHLOGS_NODE_URL")
        names = distinct_names(settings.urls)
        self._endpoints = [
            Endpoint(url, name, settings) for url, name in zip(settings.urls, names, strict=True)
        ]
        self._patience_seconds = settings.patience_seconds
        self._stop = stop
        self._notify = notify
        self._lock = threading.Lock()
        self._current = 0
        self._checked: set[int] = set()
        self._identity: NodeIdentity | None = None
        self.retries = 0

    @property
    def identity(self) -> NodeIdentity:
        """The chain that all URLs serve; known after :meth:`connect`."""
        if self._identity is None:
            raise AssertionError("connect() comes first")
        return self._identity

    @property
    def name(self) -> str:
        """The URL that is asked now, without secrets."""
        return self._endpoints[self._current].name

    @property
    def is_alone(self) -> bool:
        """Whether there is but one URL."""
        return len(self._endpoints) == 1

    def close(self) -> None:
        """Close the connections to every URL."""
        for endpoint in self._endpoints:
            endpoint.close()

    def connect(self) -> NodeIdentity:
        """Check every URL's chain id and genesis; one that cannot be reached now is checked later.

        Raises
        ------
        SettingsError
            When the URLs serve different chains.
        NodeError
            When none of them can be used.
        """
        for index, endpoint in enumerate(self._endpoints):
            try:
                self._check_identity(index)
            except (NodeUnavailableError, NodeRefusedError) as exc:
                if self.is_alone and isinstance(exc, NodeRefusedError):
                    raise
                if not self.is_alone:
                    self._notify(f"{exc}; going on without {endpoint.name} for now")
        if self._identity is None:
            self.call("eth_chainId")
        else:
            self._current = min(self._checked)
        return self.identity

    def call(self, method: str, *params: Any) -> Answer:
        """Ask until there is an answer, on whichever URL gives one.

        Raises
        ------
        NodeUnavailableError
            When no URL gave an answer within the patience that the settings allow.
        NodeRefusedError
            When every URL refuses: asking again does not help there.
        BlockNotFoundError
            As the current URL answered.
        """
        backoff = Backoff()
        refusing: set[int] = set()
        while True:
            index = self._current
            try:
                if index not in self._checked:
                    self._check_identity(index)
                return self._endpoints[index].call(method, *params)
            except NodeUnavailableError as exc:
                self._after_failure(index, exc, backoff)
            except NodeRefusedError as exc:
                refusing.add(index)
                if len(refusing) == len(self._endpoints):
                    raise
                self.switch_from(self._endpoints[index].name, str(exc))

    def fetch_quantity(self, method: str, *params: Any) -> int:
        """Ask for a number; an answer that is none counts as no answer."""
        answer = self.call(method, *params)
        return parse_quantity(answer.result, method, self.name)

    def switch_from(self, name: str, why: str) -> bool:
        """Leave the URL ``name`` for the next one; whether there is another."""
        with self._lock:
            if self.is_alone:
                return False
            if self.name == name:
                self._current = (self._current + 1) % len(self._endpoints)
                self._notify(f"{why}; asking {self.name} instead")
        return True

    def turn_to_holder(self, height: int, block_hash: str) -> bool:
        """Turn to another URL whose chain has this block and is as high; whether there is one.

        So nodes on two branches do not make a stream swing between them.
        """
        head = self.fetch_quantity("eth_blockNumber")
        for index, endpoint in enumerate(self._endpoints):
            if index != self._current and self._holds(index, height, block_hash, head):
                with self._lock:
                    self._current = index
                self._notify(f"block {height} is {block_hash} on node {endpoint.name}; asking it instead")
                return True
        return False

    def _holds(self, index: int, height: int, block_hash: str, head: int) -> bool:
        endpoint = self._endpoints[index]
        try:
            self._check_identity(index)
            header = endpoint.call("eth_getBlockByNumber", hex(height), False).result
            own_head = parse_quantity(
                endpoint.call("eth_blockNumber").result, "eth_blockNumber", endpoint.name
            )
        except NodeError:
            return False
        return isinstance(header, dict) and header.get("hash") == block_hash and own_head >= head

    def _after_failure(self, index: int, exc: NodeUnavailableError, backoff: Backoff) -> None:
        self.retries += 1
        # It may come back as another chain's node.
        self._checked.discard(index)
        patience_seconds = self._patience_seconds
        if self._identity is None:
            patience_seconds = min(patience_seconds, FIRST_CONTACT_SECONDS)
        if backoff.failing_seconds > patience_seconds:
            raise NodeUnavailableError(
                f"{exc}; no answer for {patience_seconds:g} seconds",
                hint=exc.hint or "is the node running, and is --node-url right?",
            ) from exc
        if backoff.tries == 0:
            self._notify(f"{exc}; trying again for up to {patience_seconds:g} seconds")
        others = self.switch_from(self._endpoints[index].name, str(exc))
        backoff.wait(self._stop.pause, 0.0 if others else exc.retry_after_seconds)

    def _check_identity(self, index: int) -> None:
        endpoint = self._endpoints[index]
        found = endpoint.fetch_identity()
        with self._lock:
            if self._identity is None:
                self._identity = found
            elif found != self._identity:
                raise SettingsError(
                    f"the node URLs serve different chains: {endpoint.name} has chain id {found.chain_id} and"
                    f" genesis {found.genesis_hash}, another has chain id {self._identity.chain_id} and"
                    f" genesis {self._identity.genesis_hash}",
                    hint="give only --node-url of nodes of one chain",
                )
            self._checked.add(index)


def distinct_names(urls: Sequence[str]) -> list[str]:
    """What each URL is called: two of one host, whose paths may be secrets, are told apart by number."""
    names = [display_url(url) for url in urls]
    return [
        name if names.count(name) == 1 else f"{name} ({names[:place].count(name) + 1})"
        for place, name in enumerate(names)
    ]


def parse_quantity(value: Any, what: str, name: str) -> int:
    """Decode a JSON-RPC quantity, like ``0x1b4``.

    Raises
    ------
    NodeUnavailableError
        When it is none.
    """
    try:
        if isinstance(value, str) and value.startswith("0x") and len(value) <= 18:
            return int(value, 16)
    except ValueError:
        pass
    raise NodeUnavailableError(f"node {name} answered {what} with {str(value)[:60]!r}, which is no number")

"""One logical node out of several URLs: stays on one until that fails, waits out what passes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import (
    BlockGoneError,
    EthlogsError,
    NodeError,
    NodeRefusedError,
    NodeUnavailableError,
    SettingsError,
)
from ethlogs.node.block_name import method_of, readable_block
from ethlogs.node.endpoint import Call, Endpoint, NodeIdentity, distinct_names, require_quantity
from ethlogs.node.new_heads import NewHeads
from ethlogs.node.rpc import Answer
from ethlogs.node.trouble import FIRST_CONTACT_SECONDS, Trouble, give_up
from ethlogs.node.turns import Turns
from ethlogs.notify import Notify
from ethlogs.run.waiting import Waiting, longest
from ethlogs.settings import NodeSettings

T = TypeVar("T")

REPEATED = 4
"""So often a final answer has to come from a URL that works, where one answer may be one member's."""


class OtherChainError(SettingsError):
    """A URL serves another chain than the first one that answered."""


class Node:
    """Asks the current URL; when that fails, the next one; when all fail, again after a while.

    Safe to use from several threads. Every URL's chain is checked before the first use of it, and again
    after each failure of it.
    """

    def __init__(
        self, settings: NodeSettings, stop: StopSwitch, notify: Notify, *, has_answered: bool = False
    ) -> None:
        """``has_answered`` says that one of the URLs has answered an earlier attempt of the run."""
        if not settings.urls:
            raise SettingsError("no node URL is given", hint="give --node-url, or set ETHLOGS_NODE_URL")
        names = distinct_names(settings.urls)
        self._endpoints = [
            Endpoint(url, name, settings) for url, name in zip(settings.urls, names, strict=True)
        ]
        self._settings = settings
        self._patience_seconds = settings.patience_seconds
        self._stop = stop
        self._notify = notify
        self._lock = threading.Lock()
        self._current = 0
        self._checked: set[int] = set()
        self._turns = Turns(len(self._endpoints))
        self._silent: set[int] = set()
        """The URLs whose chain could not be asked when the node was connected with."""
        self._identity: NodeIdentity | None = None
        self._has_answered = has_answered
        self._troubles: list[Trouble] = []
        """Of the calls that are being tried again."""
        self._closed = False
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
    def names(self) -> list[str]:
        """Every URL, without secrets."""
        return [endpoint.name for endpoint in self._endpoints]

    @property
    def waiting(self) -> Waiting | None:
        """What the call waits for that has been tried the longest; ``None`` where nothing is tried again."""
        with self._lock:
            troubles = list(self._troubles)
        return longest(trouble.waiting for trouble in troubles)

    @property
    def is_alone(self) -> bool:
        """Whether there is but one URL."""
        return len(self._endpoints) == 1

    def only(self, name: str) -> Node:
        """One of the URLs as a node of itself, with its own connections and no notices."""
        url = self._settings.urls[self.names.index(name)]
        return Node(replace(self._settings, urls=(url,)), self._stop, lambda _notice: None)

    def close(self) -> None:
        """Close the connections to every URL; a call that is still tried again on another thread ends."""
        self._closed = True
        for endpoint in self._endpoints:
            endpoint.close()

    def connect(self) -> NodeIdentity:
        """Check every URL's chain; one that cannot be used now is left out, and checked again later.

        The first URL that answers decides which chain it is.

        Raises
        ------
        NodeError
            When none of them can be used.
        """
        for index, endpoint in enumerate(self._endpoints):
            try:
                self._check_identity(index)
            except OtherChainError as exc:
                self._leave_out(index, exc)
            except (NodeUnavailableError, NodeRefusedError) as exc:
                if self.is_alone and isinstance(exc, NodeRefusedError):
                    raise
                self._silent.add(index)
                if isinstance(exc, NodeUnavailableError):
                    self._turns.let_rest(index, exc.retry_after_seconds)
                if not self.is_alone:
                    self._notify(f"{exc}; continuing without {endpoint.name} for now")
        if self._identity is None:
            self.call("eth_chainId")
        else:
            self._current = min(self._checked)
        return self.identity

    def bind(self, expected: NodeIdentity) -> NodeIdentity:
        """Serve the chain that a stream is bound to, and no other one.

        The first URL that answered may serve another chain, while that of the stream's own chain is away.

        Raises
        ------
        NodeError
            When no URL of that chain answered within the patience.
        SettingsError
            When every URL serves another chain.
        """
        with self._lock:
            if self._identity == expected:
                return expected
            self._identity = expected
            self._checked.clear()
        self.call("eth_chainId")
        return expected

    def require_one_chain(self) -> None:
        """Check that every URL serves the chain that a new stream is bound to; say where that is not known.

        Raises
        ------
        SettingsError
            When URLs have answered and serve different chains: which one is meant, nobody can know.
        """
        for other in self._turns.left_out.values():
            raise SettingsError(
                f"a new stream is bound to one chain, and the node URLs serve several: {other}",
                hint=other.hint,
            )
        silent, self._silent = self._silent - self._checked, set()
        for index in sorted(silent):
            self._notify(
                f"warning: the new stream is bound to chain id {self.identity.chain_id}, genesis"
                f" {self.identity.genesis_hash}, as {self.name} serves it; {self._endpoints[index].name}"
                " could not be asked and will be left out where it serves another chain"
            )

    def call(self, method: str, *params: Any) -> Answer:
        """Ask until there is an answer of the method's form, on whichever URL gives one.

        Raises
        ------
        NodeUnavailableError
            When no URL gave an answer within the patience that the settings allow.
        NodeRefusedError
            When every URL refuses: asking again does not help there.
        SettingsError
            When every URL is of another chain now.
        BlockNotFoundError
            As the current URL answered.
        """
        return self.call_all([(method, *params)])[0]

    def call_all(self, calls: Sequence[Call]) -> list[Answer]:
        """Ask several things at once, of one URL; raises as :meth:`call`.

        The answers are in order, up to the first one that is ``null``.
        """
        return self._ask(lambda answers, _name: answers, *calls)

    def call_once(self, method: str, *params: Any) -> Answer:
        """Ask the current URL once; see :meth:`call_all_once`."""
        return self.call_all_once([(method, *params)])[0]

    def call_all_once(self, calls: Sequence[Call]) -> list[Answer]:
        """Ask the current URL once, for what can be had in another way or done without.

        The answers are as those of :meth:`call_all`.

        Raises
        ------
        NodeError
            When it did not give an answer.
        """
        index = self._current
        try:
            if index not in self._checked:
                self._check_identity(index)
            return self._endpoints[index].call_all(calls)
        except NodeUnavailableError:
            self._checked.discard(index)
            raise

    def fetch_quantity(self, method: str, *params: Any) -> int:
        """Ask for a number; an answer that is none counts as no answer."""

        def read(answers: list[Answer], name: str) -> int:
            return require_quantity(answers[0].result, method, name)

        return self._ask(read, (method, *params))

    def fetch_height(self, block: str) -> int | None:
        """Ask for the height of a block by its hash, height or tag; ``None`` where the node has none."""

        def read(answers: list[Answer], name: str) -> int | None:
            header = answers[0].result
            if header is None:
                return None
            return require_quantity(header.get("number"), f"block {readable_block(block)}", name)

        return self._ask(read, (method_of(block), block, False))

    def subscribe_heads(self) -> NewHeads | None:
        """Subscribe to new heads at the current URL, once; see :meth:`Endpoint.subscribe_heads`."""
        return self._endpoints[self._current].subscribe_heads()

    def switch_from(self, name: str, why: str, *, is_told: bool = False) -> bool:
        """Leave the URL ``name`` for the next one; whether there is another.

        Nothing is said where the user ``is_told`` already.
        """
        with self._lock:
            if self.is_alone:
                return False
            if self.name == name:
                self._current = self._turns.after(self._current)
                if self.name != name and not is_told:
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

    def _ask(self, read: Callable[[list[Answer], str], T], *calls: Call) -> T:
        """Ask until ``read`` takes the answers: reading is a part of what is tried again."""
        trouble = Trouble()
        try:
            return self._keep_asking(trouble, read, *calls)
        finally:
            with self._lock:
                if trouble in self._troubles:
                    self._troubles.remove(trouble)

    def _keep_asking(self, trouble: Trouble, read: Callable[[list[Answer], str], T], *calls: Call) -> T:
        while True:
            index = self._current
            try:
                if index not in self._checked:
                    self._check_identity(index)
                endpoint = self._endpoints[index]
                return read(endpoint.call_all(calls), endpoint.name)
            except NodeUnavailableError as exc:
                trouble.refusing.pop(index, None)
                self._after_failure(index, exc, trouble)
            except OtherChainError as exc:
                self._leave_out(index, exc)
                self._after_refusal(index, exc, trouble)
            except NodeRefusedError as exc:
                self._after_refusal(index, exc, trouble)

    def _holds(self, index: int, height: int, block_hash: str, head: int) -> bool:
        endpoint = self._endpoints[index]
        try:
            self._check_identity(index)
            header = endpoint.call("eth_getBlockByNumber", hex(height), False).result
            own_head = require_quantity(
                endpoint.call("eth_blockNumber").result, "eth_blockNumber", endpoint.name
            )
        except (NodeError, OtherChainError):
            return False
        found = header.get("hash") if isinstance(header, dict) else None
        return isinstance(found, str) and found.lower() == block_hash and own_head >= head

    def _after_failure(self, index: int, exc: NodeUnavailableError, trouble: Trouble) -> None:
        if self._closed:
            raise exc
        self.retries += 1
        # It may come back as another chain's node.
        self._checked.discard(index)
        is_first_contact = self._identity is None and not self._has_answered
        # Where all URLs are away, each is asked in turn for minutes: that is said of each once.
        is_told = trouble.failing.get(index) == str(exc)
        trouble.failing[index] = str(exc)
        trouble.patience_seconds = self._patience_seconds
        if is_first_contact:
            trouble.patience_seconds = min(self._patience_seconds, FIRST_CONTACT_SECONDS)
        backoff = trouble.backoff
        if backoff.failing_seconds > trouble.patience_seconds:
            raise give_up(trouble, exc, is_first_contact=is_first_contact) from exc
        if backoff.tries == 0:
            is_short = trouble.patience_seconds < self._patience_seconds
            first = ": --patience counts once the node has answered" if is_short else ""
            self._notify(f"{exc}; trying again for up to {trouble.patience_seconds:g} seconds{first}")
            with self._lock:
                self._troubles.append(trouble)
        self._turns.let_rest(index, exc.retry_after_seconds)
        self.switch_from(self._endpoints[index].name, str(exc), is_told=is_told)
        backoff.wait(self._stop.pause, self._turns.rest_seconds(self._current))

    def _after_refusal(self, index: int, exc: EthlogsError, trouble: Trouble) -> None:
        """Go to the next URL; where all refuse, end, at once only if none of them has ever worked so."""
        trouble.refusing[index] = exc
        repeated = isinstance(exc, BlockGoneError) or (
            isinstance(exc, OtherChainError) and self._endpoints[index].has_worked
        )
        if len(trouble.refusing) == len(self._endpoints) and not (
            repeated and trouble.backoff.tries < REPEATED - 1
        ):
            raise exc
        self.switch_from(self._endpoints[index].name, str(exc))
        if repeated or isinstance(exc, OtherChainError):
            self.retries += 1
            trouble.backoff.wait(self._stop.pause)

    def _leave_out(self, index: int, exc: OtherChainError) -> None:
        with self._lock:
            if index in self._turns.left_out:
                return
            self._turns.left_out[index] = exc
        if not self.is_alone:
            self._notify(f"warning: {exc}; {self._endpoints[index].name} is left out")

    def _check_identity(self, index: int) -> None:
        endpoint = self._endpoints[index]
        identity = endpoint.fetch_identity()
        with self._lock:
            if self._identity is None:
                self._identity = identity
            elif identity != self._identity:
                raise OtherChainError(
                    f"node {endpoint.name} has chain id {identity.chain_id} and genesis"
                    f" {identity.genesis_hash}; the chain in use has chain id {self._identity.chain_id} and"
                    f" genesis {self._identity.genesis_hash}",
                    hint="give only --node-url of nodes of one chain",
                )
            self._checked.add(index)
            self._turns.left_out.pop(index, None)

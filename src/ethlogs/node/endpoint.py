"""One node URL, and what it is known to answer well."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ethlogs.errors import (
    BlockGoneError,
    BlockNotFoundError,
    MissingMethodError,
    NodeError,
    NodeRefusedError,
    NodeUnavailableError,
)
from ethlogs.node.block_name import is_hash
from ethlogs.node.headers import secrets_of
from ethlogs.node.new_heads import NewHeads, subscribe_heads
from ethlogs.node.rpc import Answer, RawAnswer, build_request, parse_answer
from ethlogs.node.transport import open_transport
from ethlogs.node.verdicts import parse_quantity
from ethlogs.proof.shapes import ShapeError, parse_hash, show
from ethlogs.settings import NodeSettings, display_url

Call = tuple[Any, ...]
"""A method and its parameters."""


@dataclass(frozen=True)
class NodeIdentity:
    """The chain that a node serves."""

    chain_id: int
    genesis_hash: str


class Endpoint:
    """One node URL. What it has answered well before is never refused for good by one answer.

    Behind a URL there may be many members, and one of them restarts, or is an older version: a URL that has
    worked does not become a wrong URL by itself.
    """

    def __init__(self, url: str, name: str, settings: NodeSettings) -> None:
        self.name = name
        self._transport = open_transport(url, settings)
        self._timeout_seconds = settings.request_timeout_seconds
        self._secrets = secrets_of(url, settings)
        self._worked: set[tuple[str, ...]] = set()
        self._has_subscribed = False

    @property
    def has_worked(self) -> bool:
        """Whether anything was answered well."""
        return bool(self._worked)

    def call(self, method: str, *params: Any) -> Answer:
        """Ask once; see :func:`ethlogs.node.rpc.parse_answer` for the errors."""
        return self.call_all([(method, *params)])[0]

    def call_all(self, calls: Sequence[Call]) -> list[Answer]:
        """Ask all at once; the answers are in order, up to the first one that is ``null``.

        Raises
        ------
        NodeError
            The first answer's that is an error; see :func:`ethlogs.node.rpc.parse_answer`.
        """
        answers: list[Answer] = []
        with contextlib.closing(self._send(calls)) as received:
            for call in calls:
                answers.append(self._judge(received, *call))
                if answers[-1].result is None:
                    break
        return answers

    def _send(self, calls: Sequence[Call]) -> Generator[RawAnswer]:
        yield from self._transport.send_all([build_request(method, params) for method, *params in calls])

    def _judge(self, received: Iterator[RawAnswer], method: str, *params: Any) -> Answer:
        """Read the next answer by what this URL has answered before."""
        form = (method, *map(_form, params))
        try:
            with self._hidden_secrets():
                answer = parse_answer(next(received), method, self.name)
        except BlockGoneError:
            raise
        except MissingMethodError as exc:
            if form in self._worked:
                raise NodeUnavailableError(str(exc), hint=exc.hint) from exc
            raise
        except NodeRefusedError as exc:
            if self.has_worked:
                raise NodeUnavailableError(str(exc), hint=exc.hint) from exc
            raise
        if answer.result is not None:
            self._worked.add(form)
        return answer

    def subscribe_heads(self) -> NewHeads | None:
        """Subscribe to new heads; ``None`` where the URL is one that a node sends nothing to by itself.

        Raises
        ------
        NodeError
            When it cannot be had.
        """
        try:
            with self._hidden_secrets():
                heads = subscribe_heads(self._transport, self.name, self._timeout_seconds)
        except NodeRefusedError as exc:
            if self._has_subscribed:
                raise NodeUnavailableError(str(exc), hint=exc.hint) from exc
            raise
        self._has_subscribed = heads is not None
        return heads

    @contextlib.contextmanager
    def _hidden_secrets(self) -> Iterator[None]:
        """Take out of an error's words what they repeat of the URL: a service may name a token it refuses."""
        try:
            yield
        except NodeError as exc:
            text = str(exc)
            for secret in self._secrets:
                text = text.replace(secret, "…")
            exc.args = (text,)
            raise

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def fetch_identity(self) -> NodeIdentity:
        """Ask for the chain id and the genesis block's hash.

        Raises
        ------
        NodeUnavailableError
            Also where the node does not have the genesis block.
        """
        chain_id = parse_quantity(self.call("eth_chainId").result)
        try:
            genesis = self._fetch_genesis()
        except (BlockNotFoundError, BlockGoneError, MissingMethodError) as exc:
            raise self._without_genesis() from exc
        if chain_id is None or not isinstance(genesis, dict):
            raise self._without_genesis()
        try:
            return NodeIdentity(chain_id, parse_hash(genesis.get("hash")))
        except ShapeError:
            raise self._without_genesis() from None

    def _fetch_genesis(self) -> Any:
        """Ask for the genesis block; a geth that has pruned history gives its header alone."""
        try:
            return self.call("eth_getBlockByNumber", "0x0", False).result
        except BlockGoneError:
            return self.call("eth_getHeaderByNumber", "0x0").result

    def _without_genesis(self) -> NodeUnavailableError:
        return NodeUnavailableError(
            f"node {self.name} does not give its genesis block",
            hint="a stream is bound to its chain by the genesis block's hash: use a node that has block 0",
        )


def _form(parameter: Any) -> str:
    """Of which form a parameter is: a node may take a height and no hash."""
    if isinstance(parameter, str):
        return "hash" if is_hash(parameter) else "text"
    return type(parameter).__name__


def distinct_names(urls: Sequence[str]) -> list[str]:
    """Return a name for each URL: two of one host, whose paths may be secrets, differ by number."""
    names = [display_url(url) for url in urls]
    return [
        name if names.count(name) == 1 else f"{name} ({names[:place].count(name) + 1})"
        for place, name in enumerate(names)
    ]


def require_quantity(value: Any, what: str, name: str) -> int:
    """Decode a JSON-RPC quantity, like ``0x1b4``.

    Raises
    ------
    NodeUnavailableError
        When it is none.
    """
    number = parse_quantity(value)
    if number is None:
        raise NodeUnavailableError(f"node {name} answered {what} with {show(value)}, not with a number")
    return number

"""JSON-RPC 2.0: building a request, and telling the kinds of answer apart."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from ethlogs.errors import BlockNotFoundError, NodeRefusedError, NodeUnavailableError

METHOD_NOT_FOUND = -32601
PRUNED = 4444
"""EIP-4444's "pruned history unavailable", as geth answers it."""

# -32005 limit exceeded, -32002 resource unavailable, -32603 internal error, -32016 and 429 rate limits.
_PASSING = frozenset({-32005, -32002, -32603, -32016, 429})

# -32000 and -32001 as geth and others answer, -39001 as the execution APIs have it ("Unknown block").
_NO_BLOCK = frozenset({-32000, -32001, -39001})


class Answer(NamedTuple):
    """A decoded result and how many bytes it had on the wire."""

    result: Any
    size_bytes: int


def build_request(method: str, params: tuple[Any, ...]) -> bytes:
    """One JSON-RPC request; the id is constant, since a connection carries one request at a time."""
    return orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def parse_answer(body: bytes, method: str, node: str) -> Answer:
    """Decode an answer.

    Raises
    ------
    NodeUnavailableError
        For an answer that is cut, or an error that may pass.
    BlockNotFoundError
        For a block that the node does not have, or not yet.
    NodeRefusedError
        For an answer that is not JSON-RPC, for pruned history, and for any other error.
    """
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        _check_for_html(body, node)
        raise NodeUnavailableError(f"node {node} sent an answer to {method} that is not JSON: {exc}") from exc
    if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
        raise NodeRefusedError(
            f"node {node} answered {method} with JSON that is not JSON-RPC",
            hint="is --node-url the address of the node's JSON-RPC port?",
        )
    if answer.get("error") is not None:
        _raise_error(answer["error"], method, node)
    return Answer(answer.get("result"), len(body))


def _check_for_html(body: bytes, node: str) -> None:
    if body.lstrip()[:1] == b"<":
        raise NodeRefusedError(
            f"node {node} answered with an HTML page, not with JSON-RPC",
            hint="is --node-url the address of the node's JSON-RPC port, and no proxy's login page?",
        )


def _raise_error(error: Any, method: str, node: str) -> None:
    code = error.get("code") if isinstance(error, dict) else None
    code = code if isinstance(code, int) else None
    text = str(error.get("message", "") if isinstance(error, dict) else error)[:300]
    said = f"node {node} answered {method} with error {code}: {text}"
    if code == PRUNED:
        raise NodeRefusedError(
            said, hint="the node has pruned this part of the chain: use a node that keeps its history"
        )
    if code == METHOD_NOT_FOUND:
        raise NodeRefusedError(said, hint=_missing_method_hint(method))
    if code in _NO_BLOCK and any(word in text.lower() for word in ("not found", "unknown block")):
        raise BlockNotFoundError(said)
    if code in _PASSING or "rate limit" in text.lower() or "timed out" in text.lower():
        raise NodeUnavailableError(said)
    raise NodeRefusedError(said)


def _missing_method_hint(method: str) -> str:
    if method == "eth_getBlockReceipts":
        return "use a node that has this method, like geth 1.13 or later"
    return "does the node's --http.api list include eth?"

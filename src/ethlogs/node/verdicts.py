"""The verdict on an answer of a node: final, may pass, not there yet, wrong.

These tables are the one place that decides it. Rows are looked up from top to bottom, the first that fits
counts, and what no row fits may pass: it is asked again until ``--patience`` is over. Each row names its
source. What a final verdict is worth depends on what the URL has answered before; see
:class:`ethlogs.node.endpoint.Endpoint`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Verdict(Enum):
    """The meanings of an answer that is not the result that was asked for."""

    TRANSIENT = "may pass: asked again, on the next URL first"
    NOT_YET = "the node does not have the block, or not all of it, yet"
    MISSING_METHOD = "final, unless this URL has answered the same method well before"
    GONE = "final for this block, once the answer has been repeated"
    REFUSED = "final, unless this URL has answered anything well before"


@dataclass(frozen=True)
class ErrorRow:
    """JSON-RPC errors with one of the codes and one of the words; an empty tuple fits any."""

    verdict: Verdict
    source: str
    codes: tuple[int, ...] = ()
    words: tuple[str, ...] = ()
    hint: str | None = None

    def fits(self, code: int | None, text: str) -> bool:
        """Return whether this row is about the error; ``text`` is in lower case."""
        return (not self.codes or code in self.codes) and (
            not self.words or any(word in text for word in self.words)
        )


@dataclass(frozen=True)
class StatusRow:
    """HTTP statuses of answers whose body is not JSON-RPC, or says nothing that the error table knows."""

    verdict: Verdict
    source: str
    statuses: tuple[int, ...]
    what: str = "answered HTTP {status} to a JSON-RPC request"
    hint: str | None = None


@dataclass(frozen=True)
class Shape:
    """The form of a method's result; another one counts as no answer."""

    name: str
    fits: Callable[[Any], bool]


_PORT = "is --node-url the address of the node's JSON-RPC port?"
_PRUNED = "the node has pruned this part of the chain: use a node that keeps its history"
_TOO_LARGE = "the node limits the size of an answer: use a node of your own, or one with a higher limit"

ERRORS = (
    ErrorRow(
        Verdict.TRANSIENT,
        "geth's eth_getBlockReceipts while the receipts of a new block are being indexed",
        words=("receipts length mismatch",),
    ),
    ErrorRow(
        Verdict.GONE,
        "providers' limits of eth_getLogs (Infura -32005, Alchemy -32602, Chainstack); geth's batches -32003",
        words=(
            "query returned more than",
            "response size exceeded",
            "response size should not",
            "response too large",
        ),
        hint=_TOO_LARGE,
    ),
    ErrorRow(
        Verdict.TRANSIENT,
        "rate limits and timeouts of geth, Besu, Nethermind, Infura and Alchemy, with any code",
        words=("rate limit", "too many requests", "timed out", "timeout", "deadline exceeded"),
    ),
    ErrorRow(
        Verdict.TRANSIENT,
        "EIP-1474: -32002 resource unavailable, -32005 limit exceeded; rate limits of providers",
        codes=(-32002, -32005, -32007, -32016, -32029, 429),
    ),
    ErrorRow(Verdict.GONE, "EIP-4444; geth, Nethermind and Reth", codes=(4444,), hint=_PRUNED),
    ErrorRow(Verdict.GONE, "Erigon and Besu, with any code", words=("pruned", "pruning"), hint=_PRUNED),
    ErrorRow(Verdict.NOT_YET, "execution APIs: unknown block", codes=(-39001,)),
    ErrorRow(
        Verdict.NOT_YET,
        "geth (header not found, finalized block not found), Erigon, Nethermind and Reth, with any code",
        words=("block not found", "header not found", "header for hash not found", "unknown block"),
    ),
    ErrorRow(
        Verdict.MISSING_METHOD,
        "JSON-RPC 2.0: -32601 method not found; EIP-1474: -32004 method not supported; Besu, where an API is"
        " not in --rpc-http-api: -32604 method not enabled",
        codes=(-32601, -32004, -32604),
    ),
    ErrorRow(
        Verdict.MISSING_METHOD,
        "Alchemy (-32600), dRPC and other proxies, with codes of their own",
        words=(
            "method not found",
            "unsupported method",
            "method not supported",
            "method is not supported",
            "not whitelisted",
            "does not exist/is not available",
        ),
    ),
    ErrorRow(
        Verdict.MISSING_METHOD,
        "Nethermind, where a namespace is not in JsonRpc.EnabledModules: -32600",
        words=("is disabled",),
    ),
    ErrorRow(
        Verdict.NOT_YET, "EIP-1474: -32001 resource not found", codes=(-32000, -32001), words=("not found",)
    ),
    ErrorRow(Verdict.MISSING_METHOD, "JSON-RPC 2.0: -32602 invalid params", codes=(-32602,)),
)

_ACCESS = "is the token in --node-url or --node-header-file right, and does a proxy allow this?"

STATUSES = (
    StatusRow(
        Verdict.REFUSED,
        "RFC 9110, 15.4. Followed, a POST would become a GET, and headers would go to somebody else",
        (301, 302, 303, 307, 308),
        "sends this client elsewhere (HTTP {status} to {location})",
        "give --node-url the address that it is sent to, where that is a node's and not a login",
    ),
    StatusRow(
        Verdict.REFUSED,
        "RFC 9110, 15.5.2 and 15.5.4; geth's --http.vhosts",
        (401, 403, 407),
        "refuses access (HTTP {status})",
        _ACCESS,
    ),
    StatusRow(
        Verdict.REFUSED,
        "RFC 9110, 15.5.1, 15.5.6 and 15.5.16: not a JSON-RPC port",
        (400, 405, 415),
        hint=_PORT,
    ),
    StatusRow(
        Verdict.REFUSED,
        "RFC 9110, 15.5.14 and 15.5.15; RFC 6585, 5: larger than the server or a proxy allows",
        (413, 414, 431),
        "refuses the request as too large (HTTP {status})",
        "are the headers of --node-header-file, and --node-url itself, as short as they should be?",
    ),
    StatusRow(
        Verdict.TRANSIENT,
        "RFC 9110, 15.5.5: may be temporary, as an ingress answers while it has no node behind it",
        (404,),
        hint="is the path of --node-url right?",
    ),
    StatusRow(Verdict.TRANSIENT, "RFC 6585", (429,), "limits the rate of requests (HTTP {status})"),
    StatusRow(
        Verdict.TRANSIENT,
        "RFC 9110, 15.5.9 and 15.6; RFC 8470. Besu answers a timeout with 408",
        (408, 425, 500, 502, 503, 504),
        "answered HTTP {status}",
    ),
)

_OTHER_STATUS = StatusRow(Verdict.TRANSIENT, "unknown", (), hint=_PORT)

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,16}")
_NUMBER = Shape("a number", lambda value: isinstance(value, str) and _QUANTITY.fullmatch(value) is not None)
_OBJECT = Shape("an object or null", lambda value: value is None or isinstance(value, dict))
_LIST = Shape("a list or null", lambda value: value is None or isinstance(value, list))

SHAPES = {
    # The execution APIs' specification. Proxies answer null, "" or "0x" while no node is behind them.
    "eth_chainId": _NUMBER,
    "eth_blockNumber": _NUMBER,
    # null is "not there (yet)".
    "eth_getBlockByNumber": _OBJECT,
    "eth_getBlockByHash": _OBJECT,
    "eth_getHeaderByNumber": _OBJECT,
    "eth_getTransactionReceipt": _OBJECT,
    # Besu answers [] and geth null for receipts that are not there yet. Whether [] is right, the header says.
    "eth_getBlockReceipts": _LIST,
}

_WITHOUT_BLOCK = ("eth_chainId", "eth_blockNumber")
"""Methods that name no block, so none can be missing."""


def judge_error(code: int | None, text: str, method: str) -> ErrorRow | None:
    """The first row that fits a JSON-RPC error; ``None`` where the table does not know it."""
    # Some servers name the method: "eth_getBlockReceipts not found".
    lowered = text.lower().replace(method.lower(), "method")
    row = next((row for row in ERRORS if row.fits(code, lowered)), None)
    if row is not None and row.verdict is Verdict.NOT_YET and method in _WITHOUT_BLOCK:
        return None
    return row


def judge_status(status: int) -> StatusRow:
    """The row of an HTTP status; one that the table does not know may pass."""
    return next((row for row in STATUSES if status in row.statuses), _OTHER_STATUS)


def judge_result(result: Any, method: str) -> str | None:
    """Return what a result should have been, where it is not; ``None`` where it is or nothing is known."""
    shape = SHAPES.get(method)
    return None if shape is None or shape.fits(result) else shape.name


def parse_quantity(value: Any) -> int | None:
    """Decode a JSON-RPC quantity, like ``0x1b4``; ``None`` for anything else."""
    return int(value, 16) if _NUMBER.fits(value) else None

"""JSON-RPC 2.0: building a request, and raising what an answer means by the tables of verdicts."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urljoin

import orjson

from ethlogs.errors import (
    BlockGoneError,
    BlockNotFoundError,
    MissingMethodError,
    NodeError,
    NodeRefusedError,
    NodeUnavailableError,
)
from ethlogs.node.verdicts import StatusRow, Verdict, judge_error, judge_result, judge_status
from ethlogs.one_line import to_one_line
from ethlogs.proof.shapes import show
from ethlogs.settings import display_url

_SHOWN_CHARACTERS = 300
_LONGEST_RETRY_AFTER_SECONDS = 60.0
_CODE = re.compile(r"-?\d{1,9}", re.ASCII)
_SECONDS = re.compile(r"\d{1,9}", re.ASCII)
_REQUEST_ID = 1

_ERRORS: dict[Verdict, type[NodeError]] = {
    Verdict.NOT_YET: BlockNotFoundError,
    Verdict.MISSING_METHOD: MissingMethodError,
    Verdict.GONE: BlockGoneError,
    Verdict.REFUSED: NodeRefusedError,
}


class RawAnswer(NamedTuple):
    """An answer as it came over a transport; where that is not HTTP, the status is 200."""

    body: bytes | bytearray
    status: int = 200
    retry_after_seconds: float = 0.0
    location: str = ""
    """Where a redirect leads, without secrets."""


class Answer(NamedTuple):
    """A decoded result and how many bytes it had on the wire."""

    result: Any
    size_bytes: int


def build_request(method: str, params: Sequence[Any]) -> bytes:
    """One JSON-RPC request; the id is constant, since a connection carries one request at a time."""
    return orjson.dumps({"jsonrpc": "2.0", "id": _REQUEST_ID, "method": method, "params": params})


def read_retry_after(text: str) -> float:
    """Return the seconds of a Retry-After header, which may be a date, 60 at most; 0 where it has none."""
    text = text.strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, OverflowError):
            return 0.0
    return max(0.0, min(seconds, _LONGEST_RETRY_AFTER_SECONDS))


def read_location(url: str, location: str) -> str:
    """Return where a redirect of ``url`` leads, without secrets."""
    try:
        return display_url(urljoin(url, location))
    except ValueError:
        return "a URL that cannot be read"


def parse_answer(raw: RawAnswer, method: str, node: str) -> Answer:
    """Decode an answer. A body that is JSON-RPC counts, whatever the HTTP status is.

    Raises
    ------
    NodeUnavailableError
        For what may pass, and for a result that does not have the method's form.
    BlockNotFoundError
        For a block that the node does not have, or not yet.
    MissingMethodError
        For a method that the node does not have.
    BlockGoneError
        For a block that the node does not have any more, or limits.
    NodeRefusedError
        For what no JSON-RPC port answers, and for refused access.
    """
    try:
        answer = orjson.loads(raw.body)
    except orjson.JSONDecodeError as exc:
        _raise_for_text(raw, method, node, str(exc))
    if not isinstance(answer, dict) or ("result" not in answer and not _has_error(answer)):
        if raw.status != 200:
            _raise_for_status(judge_status(raw.status), raw, node)
        raise NodeRefusedError(
            f"node {node} answered {method} with JSON that is not JSON-RPC",
            hint="is --node-url the address of the node's JSON-RPC port?",
        )
    if _has_error(answer):
        _raise_for_error(answer["error"], raw, method, node)
    if answer.get("id") not in (None, _REQUEST_ID, str(_REQUEST_ID)):
        raise NodeUnavailableError(
            f"node {node} answered {method} with the id {show(answer['id'])} of another request",
            hint="does a proxy in between mix up its clients' answers?",
        )
    result = answer.get("result")
    expected = judge_result(result, method)
    if expected is not None:
        found = "null" if result is None else show(result)
        raise NodeUnavailableError(f"node {node} answered {method} with {found}, not with {expected}")
    return Answer(result, len(raw.body))


def _has_error(answer: Mapping[str, Any]) -> bool:
    """Return whether an answer is an error; beside a result, some servers send an empty one."""
    error = answer.get("error")
    return error is not None if "result" not in answer else bool(error)


def _raise_for_text(raw: RawAnswer, method: str, node: str, why: str) -> NoReturn:
    if raw.status != 200:
        _raise_for_status(judge_status(raw.status), raw, node)
    if raw.body.lstrip()[:1] == b"<":
        raise NodeRefusedError(
            f"node {node} answered with an HTML page, not with JSON-RPC",
            hint="is --node-url the address of the node's JSON-RPC port, and no proxy's login page?",
        )
    raise NodeUnavailableError(f"node {node} sent an answer to {method} that is not JSON: {why}")


def _raise_for_status(row: StatusRow, raw: RawAnswer, node: str) -> NoReturn:
    message = f"node {node} {row.what.format(status=raw.status, location=raw.location)}"
    _raise(row.verdict, message, row.hint, raw)


def _raise_for_error(error: Any, raw: RawAnswer, method: str, node: str) -> NoReturn:
    codes, text = _read_error(error)
    status = "" if raw.status == 200 else f" (HTTP {raw.status})"
    code = "(no code)" if codes[-1] is None else codes[-1]
    message = f"node {node} answered {method} with error {code}{status}: {text or '(no text)'}"
    row = next((row for code in codes if (row := judge_error(code, text, method)) is not None), None)
    if row is not None:
        _raise(row.verdict, message, row.hint or _missing_hint(row.verdict, method), raw)
    if raw.status != 200 and judge_status(raw.status).verdict is Verdict.REFUSED:
        _raise(Verdict.REFUSED, message, judge_status(raw.status).hint, raw)
    _raise(Verdict.TRANSIENT, message, None, raw)


def _raise(verdict: Verdict, message: str, hint: str | None, raw: RawAnswer) -> NoReturn:
    if verdict is Verdict.TRANSIENT:
        raise NodeUnavailableError(message, hint=hint, retry_after_seconds=raw.retry_after_seconds)
    raise _ERRORS[verdict](message, hint=hint)


def _read_error(error: Any) -> tuple[list[int | None], str]:
    """The codes, a proxy's ``data.code`` before its own, and the words."""
    if not isinstance(error, dict):
        return [None], _to_text(error)
    text, codes = _to_text(error.get("message", "")), [_to_code(error.get("code"))]
    inner = error.get("data")
    if isinstance(inner, dict):
        code = _to_code(inner.get("code"))
        if code is not None:
            codes.insert(0, code)
        if isinstance(inner.get("message"), str):
            text = f"{text} ({_to_text(inner['message'])})"
    return codes, text[:_SHOWN_CHARACTERS]


def _to_text(value: Any) -> str:
    """The words of an error, whatever a node sends in their place."""
    if isinstance(value, str):
        return to_one_line(value)
    return "" if value is None else show(value)


def _to_code(value: Any) -> int | None:
    if isinstance(value, str) and _CODE.fullmatch(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _missing_hint(verdict: Verdict, method: str) -> str | None:
    if verdict is not Verdict.MISSING_METHOD:
        return None
    if method.startswith("debug_"):
        return "does the node's --http.api list include debug?"
    return "does the node's --http.api list include eth?"

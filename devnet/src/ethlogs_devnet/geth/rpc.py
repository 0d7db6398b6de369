"""JSON-RPC over HTTP, with the token that geth's engine API asks for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Sequence
from typing import Any

import orjson
import requests

from ethlogs_devnet.errors import NodeRpcError, NodeUnreachableError

TIMEOUT_SECONDS = 60.0


class JsonRpc:
    """Calls to one URL; safe to share between threads (each has its own connection)."""

    def __init__(self, url: str, jwt_secret: bytes | None = None) -> None:
        self.url = url
        self._jwt_secret = jwt_secret
        self._local = threading.local()

    def call(self, method: str, *params: Any, timeout_seconds: float = TIMEOUT_SECONDS) -> Any:
        """Return the result of one call.

        Raises NodeRpcError for an error object, NodeUnreachableError where there is no answer.
        """
        return _result(method, self._post(_request(0, method, params), timeout_seconds))

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Return the results of several calls, in their order."""
        body = [_request(i, method, params) for i, (method, params) in enumerate(calls)]
        answers = {answer["id"]: answer for answer in self._post(body, TIMEOUT_SECONDS)}
        return [_result(method, answers[i]) for i, (method, _) in enumerate(calls)]

    def _post(self, body: Any, timeout_seconds: float) -> Any:
        headers = {"Content-Type": "application/json"}
        if self._jwt_secret is not None:
            headers["Authorization"] = f"Bearer {build_jwt(self._jwt_secret, int(time.time()))}"
        try:
            answer = self._session().post(
                self.url, data=orjson.dumps(body), headers=headers, timeout=timeout_seconds
            )
            return orjson.loads(answer.content)
        except (requests.RequestException, orjson.JSONDecodeError) as error:
            raise NodeUnreachableError(f"no answer from {self.url}: {error}") from error

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False  # a proxy has no business on the loopback address
        session: requests.Session = self._local.session
        return session


def build_jwt(secret: bytes, issued_at: int) -> str:
    """Return the HS256 token of geth's engine API (JSON Web Token with the one claim ``iat``)."""

    def encode(part: bytes) -> bytes:
        return base64.urlsafe_b64encode(part).rstrip(b"=")

    signed = encode(b'{"alg":"HS256","typ":"JWT"}') + b"." + encode(json.dumps({"iat": issued_at}).encode())
    return (signed + b"." + encode(hmac.digest(secret, signed, hashlib.sha256))).decode()


def _request(number: int, method: str, params: Sequence[Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


def _result(method: str, answer: dict[str, Any]) -> Any:
    if "error" in answer:
        error = answer["error"]
        raise NodeRpcError(method, int(error.get("code", 0)), str(error.get("message", error)))
    return answer["result"]

"""A Livy on this machine that answers as 0.7.1 does.

It is a fake because a real one cannot be made to lose an answer, to fail, or to stand behind a gateway; how a
real one refuses and runs batches is shown in tests/integration/yarn.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Answer:
    """What is sent back: text is sent as it is, anything else as JSON."""

    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()

    def to_bytes(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


NEGOTIATE = Answer(401, "<title>Error 401</title>", (("WWW-Authenticate", "Negotiate"),))


@dataclass
class Asked:
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class FakeLivy:
    """Batches, and what goes wrong with the next requests."""

    batches: list[dict[str, Any]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    next_answers: list[Answer] = field(default_factory=list)
    """Sent before anything is looked at."""
    refusal: Answer | None = None
    """What a batch is refused with: its name stays."""
    lost_answers: int = 0
    """So many batches are taken without an answer."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def names(self) -> list[str]:
        return [batch["name"] for batch in self.batches]

    def add(self, name: str, **fields: Any) -> dict[str, Any]:
        number = max([batch["id"] for batch in self.batches], default=-1) + 1
        batch = {"id": number, "name": name, "state": "starting", "appId": None, "log": ["stdout: "]}
        self.batches.append({**batch, **fields})
        return self.batches[-1]

    def answer(self, asked: Asked) -> Answer | None:
        """Answer a request; ``None`` closes the connection without a word."""
        self.asked.append(asked)
        if self.next_answers:
            return self.next_answers.pop(0)
        parts = unquote(urlsplit(asked.path).path).strip("/").split("/")
        if parts == ["version"]:
            return Answer(200, {"version": "0.7.1-incubating"})
        if asked.headers.get("x-requested-by") is None and asked.method != "GET":
            return Answer(400, "<pre>    Missing Required Header for CSRF protection.</pre>")
        if parts == ["batches"]:
            if asked.method == "POST":
                return self._create(asked.body)
            return Answer(200, {"from": 0, "total": len(self.batches), "sessions": self.batches})
        return self._answer_of(parts[1], parts[2:], asked.method)

    def _create(self, body: dict[str, Any]) -> Answer | None:
        if body["name"] in self.names:
            number = len(self.batches)
            return Answer(400, {"msg": f"Duplicate session name: Some({body['name']}) for session {number}"})
        if self.refusal is not None:
            self.add(body["name"], log=[])
            return self.refusal
        batch = self.add(body["name"])
        if self.lost_answers:
            self.lost_answers -= 1
            return None
        return Answer(201, batch)

    def _answer_of(self, which: str, rest: list[str], method: str) -> Answer:
        found = [batch for batch in self.batches if which in (str(batch["id"]), batch["name"])]
        if not found:
            return Answer(404, {"msg": f"Session '{which}' not found."})
        if method == "DELETE":
            self.batches.remove(found[0])
            return Answer(200, {"msg": "deleted"})
        if rest == ["log"]:
            return Answer(200, {"id": found[0]["id"], "log": found[0]["log"]})
        return Answer(200, found[0])


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    livy: FakeLivy


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, json.loads(content) if content else None)
        answer = self.server.livy.answer(asked)
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in (*answer.headers, ("Content-Length", str(len(answer.to_bytes())))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.to_bytes())

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the library calls them so

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(livy: FakeLivy) -> Iterator[None]:
    """Serve a Livy."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.livy, livy.port = livy, server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

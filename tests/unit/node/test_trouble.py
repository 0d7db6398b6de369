"""What a call says of the URLs that do not answer, while it waits and when its patience is over."""

from __future__ import annotations

import socket
import time

import pytest

from ethlogs.errors import NodeUnavailableError
from ethlogs.node.trouble import Trouble, give_up


@pytest.fixture
def trouble() -> Trouble:
    trouble = Trouble()
    trouble.failing = {1: "node b timed out", 0: "node a refused the connection"}
    trouble.patience_seconds = 300.0
    return trouble


def test_every_url_is_named_in_its_order(trouble: Trouble) -> None:
    assert trouble.describe() == "node a refused the connection; node b timed out"


def test_nothing_is_waited_for_before_the_first_failure(trouble: Trouble) -> None:
    assert trouble.waiting is None


def test_what_is_waited_for_names_every_url(trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> None:
    trouble.backoff.wait(lambda _seconds: None)
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began + 60)
    assert trouble.waiting is not None
    assert trouble.waiting.why == trouble.describe()


def test_the_end_says_what_each_url_answered_and_for_how_long(trouble: Trouble) -> None:
    error = give_up(trouble, NodeUnavailableError("node b timed out"), is_first_contact=False)
    assert str(error) == f"{trouble.describe()}; no answer for 300 seconds"
    assert error.hint == "is the node running, and is --node-url right?"


def test_the_hint_of_the_last_answer_is_kept(trouble: Trouble) -> None:
    last = NodeUnavailableError("node b timed out", hint="raise its limit")
    assert give_up(trouble, last, is_first_contact=False).hint == "raise its limit"


def test_a_node_that_never_answered_may_not_be_reached_from_this_machine(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "worker-7")
    error = give_up(trouble, NodeUnavailableError("node b timed out"), is_first_contact=True)
    assert str(error).endswith(", asked from worker-7")
    assert "can that machine reach it?" in str(error.hint)

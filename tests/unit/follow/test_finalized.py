"""The finalized block as a remark, from a fake node: a real one does not answer it wrongly."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from ethlogs.errors import BlockNotFoundError, NodeRefusedError, NodeUnavailableError, SettingsError
from ethlogs.follow import finalized as finalized_module
from ethlogs.follow.finalized import FinalizedBlock
from ethlogs.node.rpc import Answer

HEAD = 100


def hash_of(height: int) -> str:
    return f"0x{height:064x}"


def block(height: int, block_hash: str | None = None) -> dict[str, Any]:
    return {"number": hex(height), "hash": block_hash or hash_of(height)}


class FakeNode:
    """Has every block up to its head, and gives the script's answers, the last of them for ever."""

    name = "http://fake"

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.asked = 0

    def call_once(self, method: str, *params: Any) -> Answer:
        if method == "eth_blockNumber":
            return Answer(hex(HEAD), 1)
        if params[0] != "finalized":
            return Answer(block(int(params[0], 16)), 1)
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Answer(answer, 1)


def watch(*answers: Any) -> tuple[FinalizedBlock, FakeNode, list[str]]:
    node, notices = FakeNode(*answers), list[str]()
    return FinalizedBlock(node, notices.append), node, notices  # type: ignore[arg-type]


@pytest.fixture
def without_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask each time."""
    monkeypatch.setattr(finalized_module, "_ASKED_EVERY_SECONDS", -1.0)


def test_the_finalized_height_is_asked_for_once_a_slot() -> None:
    finalized, node, notices = watch(block(3), block(4))
    assert [finalized.fetch(), finalized.fetch()] == [3, 3]
    assert node.asked == 1
    assert notices == []


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"number": "0x"},
        {"number": "0x1_0", "hash": hash_of(16)},
        {"number": None, "hash": hash_of(3)},
        {"number": "0x3", "hash": None},
        {"number": "0x3", "hash": json.loads("[" * 900 + "]" * 900)},
        BlockNotFoundError("finalized block not found"),
        NodeRefusedError("HTTP 403"),
        NodeUnavailableError("HTTP 500"),
        NodeUnavailableError("-32603"),
        SettingsError("another chain"),
    ],
)
def test_a_bad_answer_is_null_and_nobody_is_told(answer: Any) -> None:
    finalized, _, notices = watch(answer)
    assert finalized.fetch() is None
    assert notices == []


@pytest.mark.usefixtures("without_slots")
@pytest.mark.parametrize("answer", [None, NodeUnavailableError("HTTP 500"), block(2)])
def test_what_was_finalized_stays_so(answer: Any) -> None:
    finalized, _, _ = watch(block(3), answer)
    assert [finalized.fetch(), finalized.fetch()] == [3, 3]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (block(HEAD + 1), "above its own head 100"),
        (block(3, "0x" + "ee" * 32), "of another branch than its own chain"),
    ],
)
def test_a_wrong_finalized_block_is_not_kept(answer: Any, why: str) -> None:
    finalized, _, notices = watch(answer)
    assert finalized.fetch() is None
    assert len(notices) == 1
    assert why in notices[0]


def test_a_finalized_block_that_is_not_the_streams_is_not_kept() -> None:
    finalized, _, notices = watch(block(3))
    finalized.remember(3, "0x" + "ee" * 32)
    assert finalized.fetch() is None
    assert "not a block of the stream" in notices[0]


def test_a_finalized_block_that_is_the_streams_is_kept() -> None:
    finalized, _, _ = watch(block(3))
    finalized.remember(3, hash_of(3))
    assert finalized.fetch() == 3


@pytest.mark.usefixtures("without_slots")
def test_a_wrong_finalized_block_is_said_once_and_a_right_one_is_kept_later() -> None:
    finalized, _, notices = watch(block(HEAD + 1), block(HEAD + 1), block(9))
    assert [finalized.fetch() for _ in range(3)] == [None, None, 9]
    assert len(notices) == 1


def test_a_node_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finalized_module, "_WAITED_SECONDS", 0.01)
    released = threading.Event()

    class StuckNode(FakeNode):
        def call_once(self, method: str, *params: Any) -> Answer:
            released.wait(30)
            return super().call_once(method, *params)

    node = StuckNode(block(3))
    finalized = FinalizedBlock(node, lambda _notice: None)  # type: ignore[arg-type]
    try:
        assert [finalized.fetch(), finalized.fetch()] == [None, None]
    finally:
        released.set()

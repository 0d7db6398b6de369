"""Whether a topic still has the records of the stream's tip."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from ethlogs.errors import TopicError
from ethlogs.settings import KafkaSettings
from ethlogs.stream import truncation
from ethlogs.stream.truncation import check_not_truncated, compare_ends
from tests.unit.samples import BLOCK


def test_a_topic_that_ends_behind_the_tips_records_is_whole() -> None:
    compare_ends("logs", BLOCK, {0: 18, 4: 100})


@pytest.mark.parametrize(("ends", "end"), [({0: 17, 4: 4}, 17), ({4: 4}, 0)])
def test_a_topic_that_ends_before_them_lost_records(ends: dict[int, int], end: int) -> None:
    with pytest.raises(
        TopicError,
        match=rf"partition 0 of logs ends at offset {end}, .* of block 100 up to 17: the topic lost",
    ) as caught:
        compare_ends("logs", BLOCK, ends)
    assert "unclean leader election" in (caught.value.hint or "")


def test_each_of_several_newest_blocks_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as a ledger has slots, by one question."""
    asked: list[set[int]] = []

    def fetch_ends(_consumer: Any, _topic: str, partitions: Iterable[int]) -> dict[int, int]:
        asked.append(set(partitions))
        return {0: 18, 4: 4, 5: 9}

    monkeypatch.setattr(truncation, "open_consumer", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(truncation, "fetch_ends", fetch_ends)
    settings = KafkaSettings("kafka:9092")
    whole, lost = replace(BLOCK, offsets={5: (7, 8)}), replace(BLOCK, offsets={5: (7, 9)})
    check_not_truncated(settings, "logs", [BLOCK, whole])
    with pytest.raises(TopicError, match="partition 5 of logs ends at offset 9"):
        check_not_truncated(settings, "logs", [BLOCK, lost])
    assert asked == [{0, 4, 5}, {0, 4, 5}]
    check_not_truncated(settings, "logs", [])
    assert len(asked) == 2

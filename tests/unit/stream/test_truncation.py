"""Whether a topic still has the records of the stream's tip."""

from __future__ import annotations

import pytest

from ethlogs.errors import TopicError
from ethlogs.stream.truncation import compare_ends
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

"""An error of kafka-python as text: its class once, and not a page of it."""

from __future__ import annotations

import kafka.errors as kafka_errors
import pytest

from ethlogs.kafka.kinds import describe


@pytest.mark.parametrize(
    ("exc", "text"),
    [
        (OSError("no route"), "OSError: no route"),
        (ValueError("ValueError: said already"), "ValueError: said already"),
    ],
)
def test_the_class_is_named_once(exc: Exception, text: str) -> None:
    assert describe(exc) == text


def test_a_long_text_is_cut() -> None:
    assert len(describe(kafka_errors.KafkaError("x" * 5_000))) < 400

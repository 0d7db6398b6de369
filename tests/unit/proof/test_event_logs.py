"""One event log, as a node sends it and as consensus encodes it."""

from __future__ import annotations

from typing import Any

import pytest

from ethlogs.proof.event_logs import parse_log
from ethlogs.proof.rlp import encode_list
from ethlogs.proof.shapes import ShapeError
from ethlogs.proof.words import parse_address, parse_topic

ADDRESS, TOPIC = "0x" + "aB" * 20, "0x" + "cD" * 32
LOG = {"address": ADDRESS, "topics": [TOPIC, TOPIC], "data": "0xFF"}


def test_a_log_is_given_in_lower_case_with_its_bloom_and_its_encoding() -> None:
    address, topics, data, bloom, encoded = parse_log(LOG)
    assert (address, topics, data) == (ADDRESS.lower(), [TOPIC.lower()] * 2, "0xff")
    assert bloom == parse_address(ADDRESS).bloom | parse_topic(TOPIC).bloom
    topic = b"\xa0" + b"\xcd" * 32
    items = [b"\x94" + b"\xab" * 20, encode_list([topic, topic]), b"\x81\xff"]
    assert encode_list(encoded) == encode_list(items)


@pytest.mark.parametrize("count", range(5))
def test_a_log_has_up_to_four_topics(count: int) -> None:
    encoded = parse_log({**LOG, "topics": [TOPIC] * count})[4]
    assert b"".join(encoded[1:-1]) == encode_list([b"\xa0" + b"\xcd" * 32] * count)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"topics": [TOPIC] * 5}, "topics are not a list of at most 4"),
        ({"topics": None}, "topics are not a list"),
        ({"topics": ["0x12"]}, "topic "),
        ({"topics": [[]]}, "topic is not hex text"),
        ({"address": None}, "address "),
        ({"data": "zz"}, "data "),
    ],
)
def test_a_part_that_is_malformed_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        parse_log({**LOG, **change})

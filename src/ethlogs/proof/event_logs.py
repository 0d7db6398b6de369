"""One event log, as a node sends it and as consensus encodes it."""

from __future__ import annotations

from typing import Any

from ethlogs.proof.rlp import encode_bytes
from ethlogs.proof.shapes import ShapeError, parse_data, show
from ethlogs.proof.words import parse_address, parse_topic

MAX_TOPICS = 4

# The RLP prefix of a list of 0 to 4 topics, 33 bytes each.
_TOPICS_PREFIX = (b"\xc0", b"\xe1", b"\xf8\x42", b"\xf8\x63", b"\xf8\x84")


# A plain tuple, because each event log passes here: address, topics, data, bloom, and the encoded items
# whose list is rlp([address, topics, data]).
LogContent = tuple[str, list[str], str, int, list[bytes]]


def parse_log(log: dict[str, Any]) -> LogContent:
    """Return what the log says, in lower case. Raises ShapeError."""
    raw_address, raw_topics, raw_data = log.get("address"), log.get("topics"), log.get("data")
    if not isinstance(raw_topics, list) or len(raw_topics) > MAX_TOPICS:
        raise ShapeError(f"topics are not a list of at most {MAX_TOPICS}: {show(raw_topics)}")
    part, value = "address", raw_address
    try:
        address = parse_address(raw_address)
        bloom = address.bloom
        encoded = [address.rlp, _TOPICS_PREFIX[len(raw_topics)]]
        topics = []
        part = "topic"
        for value in raw_topics:
            topic = parse_topic(value)
            topics.append(topic.text)
            encoded.append(topic.rlp)
            bloom |= topic.bloom
        part = "data"
        encoded.append(encode_bytes(parse_data(raw_data)))
    except ShapeError as error:
        raise ShapeError(f"{part} {error}") from None
    except TypeError:  # the cache cannot look up a list or an object
        raise ShapeError(f"{part} is not hex text with 0x: {show(value)}") from None
    return address.text, topics, _lower(raw_data), bloom, encoded


def _lower(text: Any) -> str:
    """The text itself where it is lower case already, so that a large one is not held twice."""
    lowered: str = text.lower()
    return text if lowered == text else lowered

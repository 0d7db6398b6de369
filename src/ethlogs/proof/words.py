"""Addresses and topics of event logs: few different ones make up most of the chain.

So each is checked, encoded and hashed for the bloom once, and then found by its text.
"""

from __future__ import annotations

from functools import lru_cache

from ethlogs.proof.keccak import keccak256
from ethlogs.proof.shapes import parse_bytes

# A word takes about 0.7 kB, most of it the bloom: 11 MB when both caches are full.
_CACHED_ADDRESSES = 4_096
_CACHED_TOPICS = 12_288


class Word:
    """A checked address or topic; never changed, as all users of the cache share it."""

    __slots__ = ("bloom", "rlp", "text")

    def __init__(self, word: bytes) -> None:
        self.rlp = (0x80 + len(word)).to_bytes(1, "big") + word
        self.bloom = bloom_of(word)  #: its three bits of 2048
        self.text = "0x" + word.hex()  #: lower case


@lru_cache(maxsize=_CACHED_ADDRESSES)
def parse_address(value: object) -> Word:
    """Raises ShapeError, and TypeError where the value is of a type that the cache cannot look up."""
    return Word(parse_bytes(value, 20))


@lru_cache(maxsize=_CACHED_TOPICS)
def parse_topic(value: object) -> Word:
    """Return the topic, checked as parse_address checks an address, but of 32 bytes."""
    return Word(parse_bytes(value, 32))


def bloom_of(word: bytes) -> int:
    """The bloom filter of one address or topic: three 11-bit numbers from its hash (Yellow Paper, 4.3.1)."""
    digest = keccak256(word)
    return (
        1 << ((digest[0] << 8 | digest[1]) & 2047)
        | 1 << ((digest[2] << 8 | digest[3]) & 2047)
        | 1 << ((digest[4] << 8 | digest[5]) & 2047)
    )

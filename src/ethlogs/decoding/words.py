"""Values of one word: 64 hex digits of a topic or of a log's data, as JSON text.

Text to text, without bytes or values between: each decoded event log passes here several times.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from ethlogs.decoding.addresses import checksum_address

WORD_DIGITS = 64

ReadWord = Callable[[str], str]
"""Gives the value as JSON text, or raises :class:`MisfitError`."""


class MisfitError(Exception):
    """The word is none that a value of the type gives."""


def word_reader(base: str) -> ReadWord:
    """The reader of an elementary type of fixed size."""
    if base.startswith("uint"):
        return _uint_reader(int(base[4:]))
    if base.startswith("int"):
        return _int_reader(int(base[3:]))
    if base.startswith("bytes"):
        return _bytes_reader(int(base[5:]))
    if base == "function":
        return _bytes_reader(24)
    return _read_bool if base == "bool" else read_address


_NO_PREFIX = "0" * 24


@lru_cache(maxsize=65_536)
def read_address(word: str) -> str:
    """Cached, since most event logs are of addresses that were there before."""
    if word[:24] != _NO_PREFIX:
        raise MisfitError
    return f'"{checksum_address("0x" + word[24:])}"'


def _read_bool(word: str) -> str:
    number = int(word, 16)
    if number > 1:
        raise MisfitError
    return "true" if number else "false"


def _uint_reader(bits: int) -> ReadWord:
    limit = 1 << bits

    def read(word: str) -> str:
        number = int(word, 16)
        if number >= limit:
            raise MisfitError
        return f'"{number}"'

    return read


def _int_reader(bits: int) -> ReadWord:
    limit = 1 << (bits - 1)

    def read(word: str) -> str:
        number = int(word, 16)
        if number >> 255:
            number -= 1 << 256
        if not -limit <= number < limit:
            raise MisfitError
        return f'"{number}"'

    return read


def _bytes_reader(size: int) -> ReadWord:
    digits = 2 * size
    padding = "0" * (WORD_DIGITS - digits)

    def read(word: str) -> str:
        if word[digits:] != padding:
            raise MisfitError
        return f'"0x{word[:digits]}"'

    return read

"""Values of one word: the last 64 hex digits of a topic or of a piece of a log's data, as JSON text.

Text to text, without bytes or values between: each decoded event log passes here several times.
"""

from __future__ import annotations

from collections.abc import Callable

from ethlogs.decoding.addresses import checksum_digits

WORD_DIGITS = 64

ReadWord = Callable[[str], str]
"""Gives the value as JSON text, or raises :class:`MisfitError`."""


class MisfitError(Exception):
    """The word is none that a value of the type gives."""


def word_reader(base: str) -> ReadWord:
    """The reader of an elementary type of fixed size; addresses are in :data:`ADDRESSES`."""
    if base.startswith("uint"):
        return _uint_reader(int(base[4:]))
    if base.startswith("int"):
        return _int_reader(int(base[3:]))
    if base.startswith("bytes"):
        return _bytes_reader(int(base[5:]))
    if base == "function":
        return _bytes_reader(24)
    return _read_bool


_NO_PREFIX = "0" * 24
_MOST_ADDRESSES = 65_536


class AddressWords(dict[str, str]):
    """The values of words that are addresses, each made when it is first asked for.

    Kept, since most event logs are of addresses that were there before: some 10 MB when it is full, and then
    it is emptied.
    """

    def __missing__(self, word: str) -> str:
        if word[-WORD_DIGITS:-40] != _NO_PREFIX:
            raise MisfitError
        if len(self) >= _MOST_ADDRESSES:
            self.clear()
        self[word] = value = f'"0x{checksum_digits(word[-40:])}"'
        return value


ADDRESSES = AddressWords()


def read_hash(word: str) -> str:
    """Read the hash, which is all that a log has of an indexed value of more than a word."""
    return f'{{"hash":"0x{word[-WORD_DIGITS:]}"}}'


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
        word = word[-WORD_DIGITS:]
        if word[digits:] != padding:
            raise MisfitError
        return f'"0x{word[:digits]}"'

    return read

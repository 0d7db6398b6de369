"""A function for each event that reads all of its words: a loop over them takes three times as long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ethlogs.decoding.event import Parameter
from ethlogs.decoding.words import ADDRESSES, WORD_DIGITS, ReadWord, read_hash, word_reader

ReadWords = Callable[[Sequence[str], str], tuple[object, ...]]
"""Gives the values of a log's topics and data in the order of the parameters, for :attr:`Compiled.places`."""


_NAMES: dict[str, object] = {"__builtins__": {}, "int": int, "addresses": ADDRESSES}


class Compiled(NamedTuple):
    """The compiled reader of an event's words, and the JSON of each parameter."""

    read: ReadWords
    places: tuple[str, ...]
    """For the operator ``%``, one for each parameter."""


def compile_words(parameters: Sequence[Parameter], *, is_static: bool) -> Compiled:
    """Make the function for an event; without ``is_static`` it reads the topics alone.

    It is made from source, as dataclasses make ``__init__``. The source has numbers and the names below, and
    nothing of an ABI.
    """
    names: dict[str, ReadWord] = {}
    reads: list[str] = []
    places: list[str] = []
    topic, place = 1, 2
    for item in parameters:
        if item.indexed:
            word = f"topics[{topic}]"
            topic += 1
        elif is_static:
            word = f"data[{place}:{place + WORD_DIGITS}]"
            place += WORD_DIGITS
        else:
            places.append("%s")
            continue
        if item.is_word and item.base == "uint256":
            # Every word is one, so there is nothing to check.
            reads.append(f"int({word}, 16)")
            places.append('"%d"')
            continue
        if item.is_word and item.base == "address":
            reads.append(f"addresses[{word}]")
            places.append("%s")
            continue
        name = f"read_{len(names)}"
        names[name] = word_reader(item.base) if item.is_word else read_hash
        reads.append(f"{name}({word})")
        places.append("%s")
    source = f"lambda topics, data: ({''.join(f'{read}, ' for read in reads)})"
    read_words: ReadWords = eval(source, {**_NAMES, **names})  # noqa: S307 - see above
    return Compiled(read_words, tuple(places))

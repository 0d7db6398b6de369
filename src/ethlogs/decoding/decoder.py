"""Decoding event logs by ABIs: which event it is, and what its parameters are."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Raw

from ethlogs.decoding.compiled import compile_words
from ethlogs.decoding.event import Event
from ethlogs.decoding.signature import parse_event
from ethlogs.decoding.words import WORD_DIGITS, MisfitError
from ethlogs.settings import Abi, SelectionSettings

Decoded = Raw
"""The JSON of what an event log says: ``event``, ``signature``, ``abi`` and ``args``."""


class EventDecoder:
    """Decodes the event logs of one event."""

    def __init__(self, abi: str, event: Event) -> None:
        self._event = event
        self._in_data = [item for item in event.parameters if not item.indexed]
        self._is_static = all(item.is_word for item in self._in_data)
        sizes = [item.words for item in self._in_data]
        self._data_length = None if None in sizes else 2 + WORD_DIGITS * sum(filter(None, sizes))
        self._read, places = compile_words(event.parameters, is_static=self._is_static)
        self._template = _build_template(abi, event, places)

    def decode(self, topics: Sequence[str], data: str) -> Decoded | None:
        """The event log's content; ``None`` where its words are not those of the event."""
        if self._data_length not in (None, len(data)):
            return None
        try:
            values = self._read(topics, data)
            if not self._is_static:
                values = self._with_dynamic(values, data)
        except MisfitError:
            return None
        return Raw((self._template % values).encode())

    def _with_dynamic(self, indexed: Sequence[object], data: str) -> tuple[object, ...]:
        from ethlogs.decoding.dynamic import decode_values

        in_topics, values = iter(indexed), iter(decode_values(self._in_data, bytes.fromhex(data[2:])))
        return tuple(
            next(in_topics) if item.indexed else msgspec.json.encode(next(values)).decode()
            for item in self._event.parameters
        )


def _build_template(abi: str, event: Event, places: Sequence[str]) -> str:
    """The JSON with a place for each parameter: what is the same of each event log is encoded once."""
    fixed = msgspec.json.encode({"event": event.name, "signature": event.signature, "abi": abi}).decode()
    pairs = zip(event.parameters, places, strict=True)
    args = ",".join(f'"{item.name}":{place}' for item, place in pairs)
    return fixed.removesuffix("}").replace("%", "%%") + ',"args":{' + args + "}}"


class Decoder:
    """Decodes the event logs of a stream; safe to use from several threads.

    Which event a log is, topic0 and the number of topics say: ERC-20's and ERC-721's Transfer differ by that
    alone. An ABI for the log's contract comes before one for all contracts, and the first before the others.
    """

    def __init__(self, abis: Sequence[Abi]) -> None:
        self._everywhere: dict[tuple[str, int], EventDecoder] = {}
        self._by_contract: dict[str, dict[tuple[str, int], EventDecoder]] = {}
        for abi in abis:
            known = self._by_contract.setdefault(abi.address, {}) if abi.address else self._everywhere
            for event in map(parse_event, abi.events):
                known.setdefault((event.topic0, event.topics), EventDecoder(abi.name, event))

    def decode(self, address: str, topics: Sequence[str], data: str) -> Decoded | None:
        """The content of an event log, hex in lower case; ``None`` where no ABI fits it."""
        if not topics:
            return None
        kind = topics[0], len(topics)
        of_contract = self._by_contract.get(address)
        found = (of_contract.get(kind) if of_contract else None) or self._everywhere.get(kind)
        return found.decode(topics, data) if found else None


def build_decoder(content: SelectionSettings) -> Decoder | None:
    """The decoder of a stream; ``None`` where its event logs are not decoded."""
    return Decoder(content.abis) if content.abis else None

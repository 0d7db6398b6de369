"""The selection of a stream, combined as eth_getLogs combines it."""

from __future__ import annotations

from collections.abc import Sequence

from ethlogs.proof import ProvenLog
from ethlogs.proof.words import bloom_of
from ethlogs.settings import SelectionSettings


class Selection:
    """The event logs of one of these contracts, and of one of these events; each may be left open."""

    def __init__(self, settings: SelectionSettings) -> None:
        self._addresses = frozenset(settings.addresses)
        self._events = frozenset(settings.events)
        self._blooms = tuple(
            tuple(bloom_of(bytes.fromhex(word[2:])) for word in words)
            for words in (settings.addresses, settings.events)
            if words
        )

    @property
    def is_everything(self) -> bool:
        """Whether every event log is selected."""
        return not self._addresses and not self._events

    def pick(self, logs: Sequence[ProvenLog]) -> Sequence[ProvenLog]:
        """The event logs that are selected, in their order."""
        addresses, events = self._addresses, self._events
        if addresses:
            logs = [log for log in logs if log.address in addresses]
        if events:
            logs = [log for log in logs if log.topics and log.topics[0] in events]
        return logs

    def is_possible(self, bloom: int) -> bool:
        """Return whether a block with this logsBloom may have an event log that is selected."""
        return all(any(bloom & word == word for word in words) for words in self._blooms)

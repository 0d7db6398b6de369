"""The record of a stream's selection in its claims."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from ethlogs.settings import SelectionSettings

LISTED = 1_000
"""So many entries a claim lists; the digest is that of all of them."""


class SelectionRecord(msgspec.Struct, frozen=True, rename="camel"):
    """The contracts and events whose event logs a stream has."""

    digest: str
    """SHA-256 of both lists in full."""
    addresses: tuple[str, ...] | None
    """In lower case, sorted; empty for every contract, ``None`` where both lists are too long."""
    events: tuple[str, ...] | None
    """Their topic0, sorted; empty for every event."""


def describe_selection(settings: SelectionSettings) -> SelectionRecord | None:
    """Return what the claim says of it; ``None`` where every event log is selected."""
    addresses, events = tuple(sorted(set(settings.addresses))), tuple(sorted(set(settings.events)))
    if not addresses and not events:
        return None
    digest = sha256(msgspec.json.encode({"addresses": addresses, "events": events})).hexdigest()
    if len(addresses) + len(events) > LISTED:
        return SelectionRecord(digest, None, None)
    return SelectionRecord(digest, addresses, events)

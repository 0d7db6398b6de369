"""The JSON Schema of everything that a stream carries, from the types that encode it."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from ethlogs.event_log import EventLog
from ethlogs.ledger import BlockRecord, Claim

TYPES = (EventLog, BlockRecord, Claim)
HEX = "^0x([0-9a-f]{2})*$"
HASH = "^0x[0-9a-f]{64}$"
EIP_55 = "^0x[0-9a-fA-F]{40}$"
DECODED: dict[str, Any] = {
    "title": "Decoded",
    "description": "What an event log says in the words of an ABI: values are text, true or false, lists, or"
    " objects.",
    "type": "object",
    "properties": {
        "event": {"type": "string"},
        "signature": {"type": "string"},
        "abi": {"type": "string"},
        "args": {"type": "object"},
    },
    "required": ["event", "signature", "abi", "args"],
}
FORMS = {"address": EIP_55, "data": HEX, "blockHash": HASH, "transactionHash": HASH}


def build_schema() -> str:
    """The schema, with a definition for the value of each kind of record."""
    _, definitions = msgspec.json.schema_components(TYPES, ref_template="#/$defs/{name}")
    for name, definition in definitions.items():
        # The encoder writes every field, also one that has a default; decoded alone may be left out.
        definition["required"] = [field for field in definition["properties"] if field != "decoded"]
        if name == EventLog.__name__:
            _describe_event_log(definition["properties"])
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What a stream of ethlogs carries",
        "description": "The values of the records: EventLog on the event-log topic; on the ledger BlockRecord"
        " under a height, Claim under the key claim, and null under a height whose block was orphaned."
        " Readers ignore fields that they do not know.",
        "oneOf": [*({"$ref": f"#/$defs/{kind.__name__}"} for kind in TYPES), {"type": "null"}],
        "$defs": {**definitions, "Decoded": DECODED},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _describe_event_log(properties: dict[str, Any]) -> None:
    for name, form in FORMS.items():
        properties[name]["pattern"] = form
    properties["topics"] |= {"items": {"type": "string", "pattern": HASH}, "maxItems": 4}
    properties["decoded"]["anyOf"] = [{"$ref": "#/$defs/Decoded"}, {"type": "null"}]

"""The published JSON Schema, held against what the encoders write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ethlogs.decoding.builtin import BUILTIN
from ethlogs.decoding.record import describe_decoding
from ethlogs.event_log import encode_retraction
from ethlogs.proof import prove_by_receipts
from ethlogs.selection import describe_selection
from ethlogs.settings import Abi, SelectionSettings
from ethlogs.stream.block import BlockEncoder
from scripts.record_schema import build_schema
from tests.unit.proof_samples import load_mainnet_block
from tests.unit.samples import BLOCK, CLAIM

FILE = Path(__file__).parents[2] / "docs" / "records.schema.json"
SCHEMA: dict[str, Any] = json.loads(FILE.read_text())
ABIS = tuple(Abi(name, None, events) for name, events in BUILTIN.items())
CONTENT = SelectionSettings(("0x" + "aa" * 20,), (), ABIS)
TYPES = {"string": str, "integer": int, "boolean": bool, "null": type(None), "array": list, "object": dict}


def misfits(value: Any, schema: dict[str, Any], where: str = "") -> Iterator[str]:
    """What of a value the schema does not allow, for the words of JSON Schema that the file uses."""
    if "$ref" in schema:
        yield from misfits(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], where)
    if "anyOf" in schema and all(any(misfits(value, one, where)) for one in schema["anyOf"]):
        yield f"{where}: {value!r} is none of {schema['anyOf']}"
    kind = schema.get("type")
    if kind and (type(value) is not TYPES[kind]):
        yield f"{where}: {value!r} is not of type {kind}"
        return
    if kind == "string" and not re.search(schema.get("pattern", ""), value):
        yield f"{where}: {value!r} is not like {schema['pattern']}"
    if kind == "integer" and value < schema.get("minimum", value):
        yield f"{where}: {value} is too small"
    if kind == "array":
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{where}: {len(value)} items"
        firsts = schema.get("prefixItems", [])
        for place, item in enumerate(value):
            one = firsts[place] if place < len(firsts) else schema["items"]
            yield from misfits(item, one, f"{where}[{place}]")
    if kind == "object":
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        yield from (f"{where}: {name} is missing" for name in schema.get("required", ()) if name not in value)
        for name, item in value.items():
            yield from misfits(item, properties.get(name, others), f"{where}.{name}")


def fits(value: bytes, name: str) -> list[str]:
    record = json.loads(value)
    definition = SCHEMA["$defs"][name]
    unknown = [
        f"{field} is not in the schema: run make docs"
        for field in record
        if field not in definition["properties"]
    ]
    return [*misfits(record, definition), *unknown]


def test_the_file_is_what_the_types_of_the_records_say() -> None:
    assert FILE.read_text() == build_schema(), "run make docs"


@pytest.mark.parametrize("content", [SelectionSettings(), SelectionSettings(abis=ABIS)])
def test_every_event_log_of_a_real_block_fits(content: SelectionSettings) -> None:
    records = BlockEncoder(1, content).encode(prove_by_receipts(*load_mainnet_block(16899757))).records
    assert len(records) == 520
    for record in records:
        assert fits(record.value, "EventLog") == []
        assert fits(encode_retraction(record).value, "EventLog") == []
        assert ("decoded" in json.loads(record.value)) == bool(content.abis)


@pytest.mark.parametrize(
    "record", [BLOCK, replace(BLOCK, logs=None, transactions=None, proof="excluded", finalized=None)]
)
def test_a_block_record_fits(record: Any) -> None:
    assert fits(record.encode(), "BlockRecord") == []


@pytest.mark.parametrize("content", [SelectionSettings(), CONTENT])
def test_a_claim_fits(content: SelectionSettings) -> None:
    claim = replace(CLAIM, selection=describe_selection(content), decoding=describe_decoding(content))
    assert fits(claim.encode(), "Claim") == []
    assert fits(replace(claim, last_block=None, gap_after=7).encode(), "Claim") == []


def test_a_tombstone_is_null() -> None:
    assert SCHEMA["oneOf"][-1] == {"type": "null"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", "0x12"),
        ("topics", ["0x"]),
        ("removed", "no"),
        ("logIndex", "1"),
        ("decoded", {"event": "A"}),
    ],
)
def test_a_record_that_is_not_the_products_does_not_fit(field: str, value: object) -> None:
    content = SelectionSettings(abis=ABIS)
    first = BlockEncoder(1, content).encode(prove_by_receipts(*load_mainnet_block(16899757))).records[0]
    wrong = json.loads(first.value) | {field: value}
    assert fits(json.dumps(wrong).encode(), "EventLog") != []

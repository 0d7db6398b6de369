"""A difference as a JSON line, and which fields differ."""

from __future__ import annotations

import json

from ethlogs.verify.differences import LONGEST_TEXT, Difference, Kind, differing


def test_a_difference_is_one_json_line() -> None:
    line = Difference(Kind.CHANGED_LOG, "data differ", block=5, fields={"data": (b"0x01", "0x00")}).to_json()
    assert b"\n" not in line
    found = json.loads(line)
    assert (found["difference"], found["block"], found["lastBlock"]) == ("changed-log", 5, 5)
    assert found["fields"] == {"data": {"expected": "0x01", "found": "0x00"}}


def test_a_range_of_blocks_has_its_last_one() -> None:
    found = json.loads(Difference(Kind.MISSING_BLOCK, "missing", block=5, last_block=9).to_json())
    assert (found["block"], found["lastBlock"]) == (5, 9)


def test_a_long_value_is_shown_by_its_beginning() -> None:
    long = "0x" + "00" * LONGEST_TEXT
    fields = {"data": (long, None), "decoded": ({"args": long}, None)}
    found = json.loads(Difference(Kind.CHANGED_LOG, "", fields=fields).to_json())["fields"]
    assert found["data"]["expected"] == f"{long[:LONGEST_TEXT]}… ({len(long)} characters)"
    assert found["decoded"]["expected"]["args"].endswith("characters)")


def test_fields_that_differ_are_named_with_both_values() -> None:
    assert differing({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == {"b": (2, 3), "c": (None, 4)}
    assert differing({"a": 1}, {}) == {"a": (1, None)}


def test_values_of_another_type_differ_though_python_calls_them_equal() -> None:
    assert differing({"removed": False}, {"removed": 0}) == {"removed": (False, 0)}
    assert differing({"logIndex": 1}, {"logIndex": 1.0}) == {"logIndex": (1, 1.0)}

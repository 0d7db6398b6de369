"""The ledger's records: read as they were written, and refused when something else wrote them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import fields, replace

from ethlogs.errors import LedgerError
from ethlogs.ledger import (
    CLAIM_KEY,
    BlockRecord,
    Claim,
    height_of_key,
    is_ledger_key,
    parse_ledger_record,
    show_key,
)
from tests.unit.samples import BLOCK, CLAIM, IDENTITY

WHERE = "record 5 of eth_eventlogs.ledger-0"


MAY_BE_NULL = {"lastBlock", "gapAfter", "repeats", "selection", "decoding"}


def parse(key: bytes | None, content: Any) -> BlockRecord | Claim | None:
    return parse_ledger_record(key, json.dumps(content).encode(), WHERE)


def block_with(**changes: Any) -> dict[str, Any]:
    return {**json.loads(BLOCK.encode()), **changes}


def claim_with(**changes: Any) -> dict[str, Any]:
    return {**json.loads(CLAIM.encode()), **changes}


@pytest.mark.parametrize("record", [BLOCK, replace(BLOCK, finalized=None, logs=0, offsets={})])
def test_a_block_record_survives_kafka(record: BlockRecord) -> None:
    assert parse_ledger_record(record.key, record.encode(), WHERE) == record


@pytest.mark.parametrize("claim", [CLAIM, replace(CLAIM, last_block=None, gap_after=88)])
def test_a_claim_survives_kafka(claim: Claim) -> None:
    assert parse_ledger_record(CLAIM_KEY, claim.encode(), WHERE) == claim


def test_a_block_record_is_the_documented_json() -> None:
    assert BLOCK.key == b"100"
    assert BLOCK.encode() == (
        b'{"format":1,"chainId":1,"blockNumber":100,"blockHash":"0xb1","parentHash":"0xb0",'
        b'"blockTimestamp":1760000012,"transactions":3,"logs":5,"produced":5,"unprovenLogs":0,"proof":"receipts",'
        b'"finalized":36,"offsets":{"0":[15,17],"4":[2,3]},"ranges":[[100,100]],'
        b'"run":"20260101-000000-abcdef","claim":7,"streamBlocks":1,'
        b'"streamLogs":5,"streamUnprovenLogs":0,"streamReorgs":{"count":0,"deepest":0,"blocks":0,"logs":0}}'
    )


def test_a_claim_is_the_documented_json() -> None:
    assert CLAIM.encode() == (
        b'{"format":1,"run":"20260101-000000-abcdef","attempt":1,"firstBlock":100,"lastBlock":119,'
        b'"identity":{"chainId":1,"genesisHash":"0xd4e5","topic":"eth_eventlogs","topicId":"topic-id",'
        b'"ledgerTopicId":"ledger-id","partitions":6,"ledgerPartitions":33},'
        b'"selection":null,"decoding":null,"leastProof":"receipts","head":"latest","confirmations":0,'
        b'"gapAfter":null,"repeats":null,"released":false,"claimedAt":1760000000}'
    )


def test_a_field_that_this_version_does_not_know_is_ignored() -> None:
    assert parse(b"100", block_with(later={"any": [1]})) == BLOCK
    content = claim_with(later=None)
    content["identity"]["later"] = "x"
    assert parse(CLAIM_KEY, content) == CLAIM


def test_a_tombstone_is_no_record() -> None:
    assert parse_ledger_record(b"100", None, WHERE) is None


@pytest.mark.parametrize(("key", "content"), [(b"100", block_with(format=2)), (CLAIM_KEY, {"format": 99})])
def test_a_newer_format_is_refused_with_what_to_do(key: bytes, content: Any) -> None:
    with pytest.raises(LedgerError, match="knows format 1") as caught:
        parse(key, content)
    assert caught.value.hint == "run the version of ethlogs that wrote it, or a newer one"


@pytest.mark.parametrize(
    "value", [b"", b"hello", b"{", b"null", b"[]", b'"text"', b"7", b"{}", b'{"name": "Ada"}', b"\xff\xfe"]
)
@pytest.mark.parametrize("key", [b"100", CLAIM_KEY, None])
def test_what_another_program_wrote_is_refused(key: bytes | None, value: bytes) -> None:
    with pytest.raises(LedgerError, match="is not a record that ethlogs wrote"):
        parse_ledger_record(key, value, WHERE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", True),
        ("format", "1"),
        ("format", 0),
        ("chainId", "1"),
        ("blockNumber", -1),
        ("blockNumber", True),
        ("blockNumber", 100.0),
        ("blockHash", None),
        ("proof", 5),
        ("finalized", "36"),
        ("offsets", None),
        ("offsets", [17]),
        ("offsets", {"0": "17"}),
        ("offsets", {"first": [1, 17]}),
        ("offsets", {"0": 17}),
        ("offsets", {"0": [17]}),
        ("offsets", {"0": [-1, 17]}),
        ("offsets", {"0": [1, 2, 3]}),
        ("ranges", [[1]]),
        ("ranges", None),
        ("produced", None),
        ("claim", None),
        ("streamLogs", None),
    ],
)
def test_a_block_record_with_a_wrong_type_is_refused(field: str, value: Any) -> None:
    with pytest.raises(LedgerError, match="is not a record that ethlogs wrote"):
        parse(b"100", block_with(**{field: value}))


@pytest.mark.parametrize("field", sorted(claim_with().keys() - {"format", *MAY_BE_NULL}))
def test_a_claim_with_a_null_is_refused(field: str) -> None:
    with pytest.raises(LedgerError, match=field):
        parse(CLAIM_KEY, claim_with(**{field: None}))


@pytest.mark.parametrize("field", sorted(block_with().keys()))
def test_a_block_record_that_lacks_a_field_is_refused(field: str) -> None:
    content = block_with()
    del content[field]
    with pytest.raises(LedgerError, match=field):
        parse(b"100", content)


@pytest.mark.parametrize("key", [b"101", b"0100", b"", None, CLAIM_KEY])
def test_a_block_record_under_another_key_is_refused(key: bytes | None) -> None:
    with pytest.raises(LedgerError):
        parse_ledger_record(key, BLOCK.encode(), WHERE)


def test_a_refusal_says_which_record_it_is() -> None:
    with pytest.raises(LedgerError, match=WHERE):
        parse_ledger_record(b"100", b"hello", WHERE)


def test_one_stream_does_not_differ_from_itself() -> None:
    assert IDENTITY.differences(replace(IDENTITY)) == []


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("chain_id", 5, "chain id: the ledger says 1, now it is 5"),
        ("genesis_hash", "0xff", "genesis hash: the ledger says 0xd4e5, now it is 0xff"),
        ("topic", "other", "event-log topic: the ledger says eth_eventlogs, now it is other"),
        (
            "topic_id",
            "new",
            "topic id of the event-log topic (it was recreated): the ledger says topic-id, now it is new",
        ),
        (
            "ledger_topic_id",
            "new",
            "topic id of the ledger (it was recreated): the ledger says ledger-id, now it is new",
        ),
        ("partitions", 9, "partition count of the event-log topic: the ledger says 6, now it is 9"),
        ("ledger_partitions", 9, "partition count of the ledger: the ledger says 33, now it is 9"),
    ],
)
def test_each_difference_of_a_stream_is_named(field: str, value: Any, sentence: str) -> None:
    assert IDENTITY.differences(replace(IDENTITY, **{field: value})) == [sentence]


def test_every_field_of_a_streams_identity_is_compared() -> None:
    other = replace(IDENTITY, **{field.name: "other" for field in fields(IDENTITY)})
    assert len(IDENTITY.differences(other)) == len(fields(IDENTITY))


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    "text",
    [f'{{"format":1,"later":{DEEP}}}', f'{{"format":{DEEP}}}', DEEP, '{"a":' * 100_000, f'{{"{DEEP}":1}}'],
)
@pytest.mark.parametrize("key", [b"100", CLAIM_KEY, None])
def test_a_record_of_any_depth_is_one_of_another_program(key: bytes | None, text: str) -> None:
    with pytest.raises(LedgerError, match="is not a record that ethlogs wrote") as caught:
        parse_ledger_record(key, text.encode(), WHERE)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("blockNumber", 2**63),
        ("blockTimestamp", 10**30),
        ("logs", 2**64),
        ("finalized", 2**63),
        ("offsets", {"0": [0, 2**63]}),
        ("offsets", {str(2**63): [0, 1]}),
        ("offsets", {"00": [0, "1"]}),
        ("ranges", [[0, 2**63]]),
        ("ranges", [[-1, 100]]),
        ("claim", 2**63),
        ("chainId", 2**256),
    ],
)
def test_a_number_that_no_reader_can_hold_is_refused(field: str, value: Any) -> None:
    with pytest.raises(LedgerError, match="is not a record that ethlogs wrote"):
        parse(b"100", block_with(**{field: value}))


@pytest.mark.parametrize(
    ("key", "height"),
    [
        (b"0", 0),
        (b"100", 100),
        (b"9" * 18, int("9" * 18)),
        (b"007", None),
        (b"00", None),
        (b"9" * 5000, None),
        (b"-1", None),
        (b"1\n", None),
        (b" 1", None),
        (b"1_0", None),
        (b"", None),
        (b"\xd9\xa3", None),
        (None, None),
        (CLAIM_KEY, None),
    ],
)
def test_a_key_names_a_height_in_one_form_alone(key: bytes | None, height: int | None) -> None:
    assert height_of_key(key) == height
    assert is_ledger_key(key) is (height is not None or key == CLAIM_KEY)


@pytest.mark.parametrize(
    ("key", "shown"),
    [(None, "None"), (b"100", "b'100'"), (b"9" * 5000, "b'" + "9" * 40 + "'… (5000 bytes)")],
)
def test_a_key_in_a_message_is_short_whatever_it_is(key: bytes | None, shown: str) -> None:
    assert show_key(key) == shown

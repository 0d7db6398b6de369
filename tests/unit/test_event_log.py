"""The record of one event log, byte for byte: programs that others wrote read it."""

from __future__ import annotations

import json

import pytest

from ethlogs.decoding.addresses import checksum_address
from ethlogs.decoding.decoder import Decoder
from ethlogs.decoding.signature import parse_event
from ethlogs.event_log import Record, encode_event_logs, encode_retraction
from ethlogs.proof import ProvenBlock, ProvenLog
from ethlogs.settings import Abi

LOG = ProvenLog(
    address="0xdd974d5c2e2928dea5f71b9825b8b646686bd200",
    topics=["0x" + "dd" * 32, "0x" + "0a" * 32],
    data="0x00ff",
    transaction_hash="0x" + "78" * 32,
    transaction_index=4,
    log_index=1,
)

BLOCK = ProvenBlock(
    number=5682604,
    hash="0x" + "8c" * 32,
    parent_hash="0x" + "8b" * 32,
    timestamp=1527360000,
    transaction_count=5,
    logs=(LOG._replace(log_index=0), LOG, LOG._replace(log_index=2)),
    proof="receipts",
)


def encode(log: ProvenLog, decoder: Decoder | None = None) -> Record:
    (record,) = encode_event_logs(1, BLOCK, [log], decoder)
    return record


# The examples of EIP-55: mixed, all upper and all lower case.
EIP_55 = (
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
)


def test_the_value_is_compact_json_with_its_fields_in_their_order() -> None:
    assert encode(LOG).value == (
        b'{"chainId":1,"address":"0xdd974D5C2e2928deA5F71b9825b8b646686BD200",'
        b'"topics":["0x' + b"dd" * 32 + b'","0x' + b"0a" * 32 + b'"],"data":"0x00ff",'
        b'"blockNumber":5682604,"blockHash":"0x' + b"8c" * 32 + b'","blockTimestamp":1527360000,'
        b'"transactionHash":"0x' + b"78" * 32 + b'","transactionIndex":4,"logIndex":1,"removed":false}'
    )


def test_the_key_is_the_address_in_lower_case() -> None:
    assert encode(LOG).key == b"0xdd974d5c2e2928dea5f71b9825b8b646686bd200"


def test_a_log_without_topics_has_an_empty_list() -> None:
    assert json.loads(encode(LOG._replace(topics=[])).value)["topics"] == []


def test_a_retraction_differs_in_removed_alone() -> None:
    kept = encode(LOG)
    removed = encode_retraction(kept)
    assert kept.key == removed.key
    assert removed.value == kept.value.replace(b'"removed":false', b'"removed":true')


def test_a_blocks_logs_keep_their_order() -> None:
    values = [json.loads(record.value) for record in encode_event_logs(1, BLOCK)]
    assert [value["logIndex"] for value in values] == [0, 1, 2]


@pytest.mark.parametrize("address", EIP_55)
def test_addresses_have_the_form_of_eip_55(address: str) -> None:
    assert checksum_address(address.lower()) == address


DECODER = Decoder([Abi("any", None, ("Any(address indexed who,bytes rest)",))])


def test_a_decoded_stream_has_its_field_before_removed_also_where_nothing_fits() -> None:
    plain, decoded = (encode(LOG, decoder) for decoder in (None, DECODER))
    assert decoded.value == plain.value.replace(b'"removed"', b'"decoded":null,"removed"')


def test_what_an_event_log_says_stands_before_removed() -> None:
    event = parse_event("Any(address indexed who,uint256 much)")
    decoder = Decoder([Abi("any", None, (event.text,))])
    log = LOG._replace(
        topics=[event.topic0, "0x" + "00" * 12 + LOG.address[2:]], data="0x" + "00" * 31 + "07"
    )
    value = encode(log, decoder).value
    assert value.endswith(
        b',"decoded":{"event":"Any","signature":"Any(address,uint256)","abi":"any",'
        b'"args":{"who":"0xdd974D5C2e2928deA5F71b9825b8b646686BD200","much":"7"}},"removed":false}'
    )
    assert encode_retraction(Record(b"key", value)).value == value.replace(b":false}", b":true}")

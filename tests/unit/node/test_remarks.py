"""Remarks: each once, of however many blocks and by however many ways they come."""

from __future__ import annotations

from ethlogs.errors import BlockNotFoundError, MissingMethodError
from ethlogs.node.remarks import Remarks
from ethlogs.proof import ProvenBlock
from tests.unit.local_node import local_node
from tests.unit.node.test_raw_blocks import HEIGHT, JSON_ALONE, answering, source_of


def block_with(*remarks: str) -> ProvenBlock:
    return ProvenBlock(
        number=7,
        hash="0x01",
        parent_hash="0x00",
        timestamp=1,
        transaction_count=0,
        logs=(),
        proof="receipts",
        logs_bloom=0,
        remarks=remarks,
    )


def test_a_remark_is_told_once_and_a_node_that_makes_them_up_fills_no_log() -> None:
    told: list[str] = []
    remarks = Remarks(told.append)
    for number in range(1_000):
        remarks.tell(block_with("always the same", f"made up {number}"))
    assert told[0] == "block 7, and maybe others: always the same"
    assert len(told) == len(set(told)) == 50


def test_a_weaker_proof_is_told_once_for_each_url() -> None:
    told: list[str] = []
    remarks = Remarks(told.append)
    for url in ("one", "other", "one"):
        remarks.tell_weaker(url, block_with(), MissingMethodError("it lacks the method"))
    assert len(told) == 2
    assert "proven by receipts" in told[0]
    assert told[0].endswith("it lacks the method")


def test_a_block_that_is_not_there_yet_is_no_weakness_of_its_url() -> None:
    told: list[str] = []
    Remarks(told.append).tell_weaker("one", block_with(), BlockNotFoundError("not there"))
    assert told == []


def test_an_early_block_and_the_next_ones_share_what_was_told() -> None:
    with local_node(answering(JSON_ALONE)) as served, source_of(served) as (source, _, notices):
        assert source.fetch_early(HEIGHT).block.proof == "receipts"
        assert source.fetch(HEIGHT).block.proof == "receipts"
    assert len(notices) == 1

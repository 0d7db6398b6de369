"""A block as a stream has it: selected, and by its header alone where that is enough."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.node import BlockSource, Node
from ethlogs.settings import NodeSettings, Proof, ProofSettings, SelectionSettings
from ethlogs.stream.block import BlockEncoder, PreparedBlock, prepare_block, prepare_early_block
from tests.unit.local_node import failure, local_node, result
from tests.unit.proof_samples import load_mainnet_block

HEADER, RECEIPTS = load_mainnet_block(11098450)
ABSENT = SelectionSettings(("0x" + "12" * 20,))
USDC = SelectionSettings(("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",))


def prepare(
    content: SelectionSettings,
    proof: Proof,
    times: int,
    prepare_one: Callable[[BlockSource, BlockEncoder, int], PreparedBlock] = prepare_block,
) -> tuple[list[PreparedBlock], list[str]]:
    """The block, several times, and what the node was asked for it."""
    answers: dict[str, Any] = {
        "eth_chainId": "0x1",
        "eth_getBlockByNumber": HEADER,
        "eth_getBlockReceipts": RECEIPTS,
    }

    def respond(request: Any) -> Any:
        if request["method"] in answers:
            return result(answers[request["method"]])
        return failure(-32601, "the method does not exist")

    with local_node(respond) as served:
        settings = NodeSettings((served.url,))
        with contextlib.closing(Node(settings, StopSwitch(), lambda _text: None)) as node:
            node.connect()
            source = BlockSource(node, ProofSettings(proof), 5.0, StopSwitch(), lambda _text: None)
            encoder = BlockEncoder(1, content)
            asked = len(served.methods)
            blocks = [prepare_one(source, encoder, 11098450) for _ in range(times)]
        return blocks, served.methods[asked:]


@pytest.mark.parametrize("prepare_one", [prepare_block, prepare_early_block])
def test_a_header_is_enough_once_the_chains_blooms_are_known_to_be_right(
    prepare_one: Callable[[BlockSource, BlockEncoder, int], PreparedBlock],
) -> None:
    (full, excluded, _), asked = prepare(ABSENT, "auto", 3, prepare_one)
    assert (full.proof, full.logs, full.records) == ("receipts", 263, [])
    assert (excluded.proof, excluded.logs, excluded.transactions, excluded.records) == (
        "excluded",
        None,
        None,
        [],
    )
    assert excluded[:4] == full[:4]
    assert asked[-2:] == ["eth_getBlockByNumber"] * 2
    assert asked.count("eth_getBlockReceipts") == 1


def test_a_least_proof_is_never_undercut_by_an_exclusion() -> None:
    blocks, asked = prepare(ABSENT, "receipts", 2)
    assert {block.proof for block in blocks} == {"receipts"}
    assert asked.count("eth_getBlockReceipts") == 2


def test_a_block_that_may_have_selected_event_logs_is_fetched_with_one_header() -> None:
    (first, second), asked = prepare(USDC, "auto", 2)
    assert first == second
    assert first.logs == 263
    assert 0 < len(first.records) < 263
    assert {json.loads(record.value)["address"].lower() for record in first.records} == set(USDC.addresses)
    assert asked[-2:] == ["eth_getBlockByNumber", "eth_getBlockReceipts"]
    assert asked.count("eth_getBlockByNumber") == 2


def test_the_log_index_is_the_place_in_the_block_and_not_in_the_selection() -> None:
    everything, selected = (prepare(content, "receipts", 1)[0][0] for content in (SelectionSettings(), USDC))
    assert set(selected.records) < set(everything.records)


def test_what_a_block_takes_in_memory_is_not_understated() -> None:
    (block,), _ = prepare(SelectionSettings(), "receipts", 1)
    assert len(block.records) > 100
    parts = [part for record in block.records for part in (record, *record)]
    taken = sum(map(sys.getsizeof, [block, block.hash, block.parent_hash, block.records, *parts]))
    assert taken <= block.held_bytes <= 1.2 * taken

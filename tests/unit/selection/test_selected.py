"""Contracts and events are combined as eth_getLogs combines them, and a block's bloom agrees with that."""

from __future__ import annotations

import pytest

from ethlogs.proof import ProvenBlock, ProvenLog, prove_by_receipts
from ethlogs.selection import Selection
from ethlogs.settings import SelectionSettings
from tests.unit.proof_samples import load_mainnet_block

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
NOBODY = "0x" + "12" * 20


def mainnet_block(number: int) -> ProvenBlock:
    return prove_by_receipts(*load_mainnet_block(number))


def test_without_a_selection_every_event_log_is_there() -> None:
    block = mainnet_block(16899757)
    assert Selection(SelectionSettings()).is_everything
    assert Selection(SelectionSettings()).pick(block.logs) == block.logs


@pytest.mark.parametrize(
    ("addresses", "events"),
    [
        ((USDC,), ()),
        ((), (TRANSFER,)),
        ((USDC, NOBODY), (TRANSFER,)),
        ((NOBODY,), (TRANSFER,)),
        ((USDC,), ("0x" + "00" * 32, TRANSFER)),
    ],
)
def test_one_of_the_contracts_and_one_of_the_events_is_selected(
    addresses: tuple[str, ...], events: tuple[str, ...]
) -> None:
    block = mainnet_block(16899757)
    expected = [
        log
        for log in block.logs
        if (not addresses or log.address in addresses) and (not events or log.topics[:1][0] in events)
    ]
    selection = Selection(SelectionSettings(addresses, events))
    assert list(selection.pick(block.logs)) == expected
    assert bool(expected) == (NOBODY not in addresses or len(addresses) > 1)
    assert selection.is_possible(block.logs_bloom) or not expected


def test_an_event_log_without_topics_is_of_no_event() -> None:
    log = ProvenLog(USDC, [], "0x", "0x" + "22" * 32, 0, 0)
    assert not Selection(SelectionSettings((), (TRANSFER,))).pick([log])
    assert Selection(SelectionSettings((USDC,))).pick([log]) == [log]


@pytest.mark.parametrize("number", [4404763, 11098450, 15753009, 16899757])
def test_no_event_log_of_a_real_block_is_excluded_by_its_bloom(number: int) -> None:
    block = mainnet_block(number)
    for log in block.logs:
        assert Selection(SelectionSettings((log.address,), tuple(log.topics[:1]))).is_possible(
            block.logs_bloom
        )
    empty = Selection(SelectionSettings((USDC,)))
    assert not empty.is_possible(0)

"""A header excludes its block only on a chain whose blooms were seen to be right, and not always."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ethlogs.errors import UnprovenError
from ethlogs.proof import Header, ProvenBlock, parse_header, prove_by_receipts
from ethlogs.selection import BloomExclusion, Selection
from ethlogs.settings import SelectionSettings
from tests.unit.proof_samples import load_mainnet_block

RAW_HEADER, RECEIPTS = load_mainnet_block(11098450)
HEADER: Header = parse_header(RAW_HEADER)
BLOCK: ProvenBlock = prove_by_receipts(RAW_HEADER, RECEIPTS)
LOOKED_AT = f"0x{1_000:064x}"
EXCLUDED = f"0x{1_001:064x}"
OTHER = SelectionSettings(("0x" + "12" * 20,))


def exclusion(settings: SelectionSettings = OTHER) -> BloomExclusion:
    return BloomExclusion(Selection(settings))


def test_nothing_is_excluded_before_a_bloom_was_seen_to_be_right() -> None:
    header = replace(HEADER, hash=EXCLUDED)
    unsure = exclusion()
    assert not unsure.excludes(header)
    unsure.check(replace(BLOCK, logs=(), logs_bloom=0))  # says nothing: any chain has such blocks
    unsure.check(replace(BLOCK, logs_bloom=BLOCK.logs_bloom ^ 1))
    assert not unsure.excludes(header)
    unsure.check(BLOCK)
    assert unsure.excludes(header)


def test_what_may_be_there_and_what_cannot_be_checked_is_fetched() -> None:
    present = exclusion(SelectionSettings((BLOCK.logs[0].address,)))
    absent = exclusion()
    for each in (present, absent):
        each.check(BLOCK)
    assert not present.excludes(replace(HEADER, hash=EXCLUDED))
    assert not absent.excludes(replace(HEADER, hash=EXCLUDED, unchecked="an unknown field"))


def test_one_excluded_block_in_a_thousand_is_fetched_in_full() -> None:
    absent = exclusion()
    absent.check(BLOCK)
    hashes = [f"0x{number:064x}" for number in range(5_000)]
    assert [absent.excludes(replace(HEADER, hash=h)) for h in hashes].count(False) == 5
    assert not absent.excludes(replace(HEADER, hash=LOOKED_AT))


def test_a_bloom_that_is_wrong_after_others_were_believed_ends_the_run() -> None:
    absent = exclusion()
    absent.check(BLOCK)
    wrong = replace(BLOCK, logs_bloom=BLOCK.logs_bloom & ~1 | ~BLOCK.logs_bloom & 1)
    absent.check(replace(wrong, hash=EXCLUDED))  # not one that is looked at
    absent.check(replace(BLOCK, hash=LOOKED_AT))
    with pytest.raises(UnprovenError, match="logsBloom is not that of its event logs") as caught:
        absent.check(replace(wrong, hash=LOOKED_AT))
    assert "--proof receipts" in str(caught.value.hint)

"""The verdict of a verification: never "proven" where a header was not checked."""

from __future__ import annotations

import pytest

from ethlogs.verify.summary import Verification, format_verification


def verification(proofs: dict[str, int], *, offline: bool = False) -> Verification:
    blocks = sum(proofs.values())
    return Verification(
        "logs", "logs.ledger", offline, first_block=1, last_block=blocks, blocks=blocks, logs=7, proofs=proofs
    )


def test_blocks_whose_headers_were_checked_are_proven() -> None:
    summary = verification({"receipts": 5})
    assert summary.to_dict()["verdict"] == "proven"
    [sentence] = format_verification(summary)
    assert sentence.startswith("blocks 1 to 5 are proven by receipts: 5 blocks, 7 event logs")


@pytest.mark.parametrize("proofs", [{"receipts+unchecked": 1}, {"receipts": 4, "receipts+unchecked": 1}])
def test_one_block_whose_header_was_not_checked_makes_the_verdict_unchecked(proofs: dict[str, int]) -> None:
    summary = verification(proofs)
    assert summary.to_dict()["verdict"] == "unchecked"
    assert summary.to_dict()["proofs"] == proofs
    first, second = format_verification(summary)
    assert "not all of them are proven" in first
    assert second.startswith(f"the header's hash was not checked for 1 of {sum(proofs.values())} blocks")


def test_offline_the_ledgers_unchecked_blocks_are_named() -> None:
    summary = verification({"receipts": 4, "receipts+unchecked": 1}, offline=True)
    assert summary.to_dict()["verdict"] == "consistent"
    assert "not checked for 1 of 5 blocks" in format_verification(summary)[1]


def test_a_difference_is_the_verdict_whatever_was_checked() -> None:
    summary = verification({"receipts+unchecked": 5})
    summary.differences = {"missing-log": 1}
    assert summary.to_dict()["verdict"] == "different"
    assert "not checked for 5 of 5 blocks" in format_verification(summary)[-1]

"""Chains that commit to no receipts are known by their ids."""

from __future__ import annotations

import pytest

from ethlogs.proof.chains import why_unprovable


@pytest.mark.parametrize(
    ("chain_id", "name"), [(25, "Cronos"), (295, "Hedera"), (250, "Fantom Opera"), (324, "zkSync Era")]
)
def test_a_chain_without_a_proof_is_named_with_the_reason(chain_id: int, name: str) -> None:
    reason = why_unprovable(chain_id) or ""
    assert reason.startswith(f"{name} (chain id {chain_id}) cannot be proven: its ")


@pytest.mark.parametrize("chain_id", [1, 10, 137, 42161])
def test_other_chains_are_not_refused(chain_id: int) -> None:
    assert why_unprovable(chain_id) is None

"""What doctor says of a node's blocks."""

from __future__ import annotations

from typing import Any

import pytest

from ethlogs.doctor.checkup import Checkup, Finding
from ethlogs.doctor.node import examine_node
from ethlogs.settings import NodeSettings, ProofSettings
from tests.unit.local_node import Reply, local_node, result
from tests.unit.proof_samples import Json, make_block


def examine(header: Json, receipts: list[Json], proof: ProofSettings) -> dict[str, Finding]:
    answers: dict[str, Any] = {
        "eth_chainId": "0x1",
        "eth_getBlockByNumber": header,
        "eth_getBlockReceipts": receipts,
        "eth_blockNumber": header["number"],
    }
    checkup = Checkup(lambda _finding: None)
    with local_node(lambda asked: result(answers[asked["method"]])) as node:
        examine_node(checkup, NodeSettings((node.url,), patience_seconds=0.0), proof)
    return {finding.name: finding for finding in checkup.findings}


@pytest.mark.parametrize("unchecked", [False, True])
def test_a_block_whose_header_is_checked_is_proven_by_receipts(unchecked: bool) -> None:
    found = examine(*make_block(3), ProofSettings(unchecked_headers=unchecked))["proof"]
    assert (found.state, "is proven by receipts, from" in found.text) == ("ok", True)


def test_a_header_that_cannot_be_checked_fails_with_the_way_out() -> None:
    header, receipts = make_block(3)
    found = examine(header | {"aLaterField": "0x1", "stateRoot": "0x" + "ee" * 32}, receipts, ProofSettings())
    assert found["proof"].state == "failed"
    assert "has the field aLaterField" in found["proof"].text
    assert "--unchecked-headers" in str(found["proof"].hint)


def test_with_consent_the_finding_says_that_the_header_is_unchecked_and_why() -> None:
    header, receipts = make_block(3)
    header |= {"aLaterField": "0x1", "stateRoot": "0x" + "ee" * 32}
    found = examine(header, receipts, ProofSettings(unchecked_headers=True))["proof"]
    assert found.state == "ok"
    assert "is proven by receipts+unchecked" in found.text
    assert "has the field aLaterField" in found.text


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("REQUESTS_CA_BUNDLE", "/no/such/file.pem", "REQUESTS_CA_BUNDLE names /no/such/file.pem"),
        ("ALL_PROXY", "socks5://proxy.example:1080", "does not support socks5 proxies"),
    ],
)
def test_what_the_environment_has_wrong_is_a_finding_with_its_fix(
    variable: str, value: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    checkup = Checkup(lambda _finding: None)
    examine_node(checkup, NodeSettings(("https://node.example",)), ProofSettings())
    found = {finding.name: finding for finding in checkup.findings}["node"]
    assert (found.state, checkup.exit_status) == ("failed", 3)
    assert text in found.text
    assert found.hint


def test_a_node_that_may_pass_is_asked_again() -> None:
    header, receipts = make_block(3)
    answers: dict[str, Any] = {
        "eth_chainId": "0x1",
        "eth_getBlockByNumber": header,
        "eth_getBlockReceipts": receipts,
        "eth_blockNumber": header["number"],
    }
    left = [Reply(status=503)] * 3
    checkup = Checkup(lambda _finding: None)
    with local_node(lambda asked: left.pop() if left else result(answers[asked["method"]])) as node:
        examine_node(checkup, NodeSettings((node.url,), patience_seconds=30.0), ProofSettings("receipts"))
    assert [finding.state for finding in checkup.findings][:3] == ["ok", "ok", "ok"]

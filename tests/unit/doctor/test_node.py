"""What doctor says of a node's blocks."""

from __future__ import annotations

from typing import Any

import pytest

from ethlogs.doctor.checkup import Checkup, Finding
from ethlogs.doctor.node import examine_node
from ethlogs.settings import NodeSettings, ProofSettings
from tests.unit.local_node import Reply, local_node, result
from tests.unit.node.test_raw_blocks import JSON_ALONE, WITH_BYTES, answering
from tests.unit.proof_samples import Json, load_recorded, make_block


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
    assert [finding.state for finding in checkup.findings][:3] == ["ok", "warning", "ok"], "the block is old"


def test_each_urls_proof_is_shown_and_how_to_have_the_strongest_with_its_danger() -> None:
    checkup = Checkup(lambda _finding: None)
    with local_node(answering(WITH_BYTES)) as full, local_node(answering(JSON_ALONE)) as plain:
        settings = NodeSettings((full.url, plain.url), patience_seconds=0.0)
        examine_node(checkup, settings, ProofSettings())
    found = next(finding for finding in checkup.findings if finding.name == "proof").text
    assert f"{full.url}: block 54 with 11 event logs is proven by block, from" in found
    assert f"{plain.url}: block 54 with 11 event logs is proven by receipts, from" in found
    assert found.count("geth's --http.api eth,debug") == 1
    assert "debug_setHead" in found


def test_a_chain_that_commits_to_nothing_fails_by_its_name() -> None:
    header, receipts = load_recorded("cronos-10000")
    answers = JSON_ALONE | {"eth_getBlockByNumber": header, "eth_getBlockReceipts": receipts}
    checkup = Checkup(lambda _finding: None)
    with local_node(answering(answers | {"eth_chainId": "0x19"})) as node:
        examine_node(checkup, NodeSettings((node.url,), patience_seconds=0.0), ProofSettings())
    found = next(finding for finding in checkup.findings if finding.state == "failed")
    assert found.text.startswith("Cronos (chain id 25) cannot be proven")
    assert "resync" not in str(found.hint)

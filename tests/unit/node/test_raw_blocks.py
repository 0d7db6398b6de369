"""Blocks by the debug methods: which URL gives them, and what happens where one does not, or not yet."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import BlockNotFoundError, NodeRefusedError, UnprovenError
from ethlogs.node import BlockSource, Node
from ethlogs.proof import ProvenBlock
from ethlogs.settings import NodeSettings, Proof, ProofSettings
from tests.unit.local_node import LocalNode, Reply, failure, local_node, result
from tests.unit.proof.consensus_bytes import raw_block, raw_header, raw_receipts
from tests.unit.proof_samples import Json, load_recorded

HEADER, RECEIPTS = load_recorded("hive-bpo2-54")
assert RECEIPTS is not None
HEIGHT = int(HEADER["number"], 16)
JSON_ALONE: Json = {
    "eth_chainId": "0x1",
    "eth_blockNumber": hex(HEIGHT),
    "eth_getBlockByNumber": HEADER,
    "eth_getBlockByHash": HEADER,
    "eth_getBlockReceipts": RECEIPTS,
}
WITH_BYTES = JSON_ALONE | {
    "debug_getRawBlock": raw_block(HEADER),
    "debug_getRawReceipts": raw_receipts(RECEIPTS),
}


class ImpatientStop(StopSwitch):
    """Waits no time at all."""

    def pause(self, _seconds: float) -> None:
        self.check()


def answering(answers: Json) -> Callable[[Any], Reply]:
    """A fake node with these answers, and no other methods; a Reply is sent as it is."""

    def respond(request: Any) -> Reply:
        if request["method"] not in answers:
            return failure(-32601, f"the method {request['method']} does not exist/is not available")
        found = answers[request["method"]]
        return found if isinstance(found, Reply) else result(found)

    return respond


@contextlib.contextmanager
def source_of(
    *nodes: LocalNode, least: Proof = "auto", patience: float = 0.0
) -> Iterator[tuple[BlockSource, Node, list[str]]]:
    notices: list[str] = []
    settings = NodeSettings(tuple(node.url for node in nodes))
    with contextlib.closing(Node(settings, ImpatientStop(), lambda _text: None)) as node:
        node.connect()
        yield (
            BlockSource(node, ProofSettings(least), patience, ImpatientStop(), notices.append),
            node,
            notices,
        )


def fetch(answers: Json, least: Proof = "auto") -> tuple[ProvenBlock, list[str], list[str]]:
    """Fetch the block twice; also the methods that were asked for, and the notices."""
    with local_node(answering(answers)) as served, source_of(served, least=least) as (source, _, notices):
        block = source.fetch(HEIGHT).block
        again = source.fetch(HEIGHT).block
        assert again.logs == block.logs
        return block, served.methods, notices


def test_auto_proves_the_whole_block_where_the_node_gives_its_bytes() -> None:
    block, methods, notices = fetch(WITH_BYTES)
    assert (block.proof, block.hash, notices) == ("block", HEADER["hash"], [])
    assert "eth_getBlockReceipts" not in methods
    assert [log.transaction_hash for log in block.logs] == [
        log["transactionHash"] for receipt in RECEIPTS or [] for log in receipt["logs"]
    ]


def test_auto_takes_the_receipts_where_the_node_has_no_debug_methods_and_says_so_once() -> None:
    block, methods, notices = fetch(JSON_ALONE)
    assert block.proof == "receipts"
    assert methods.count("debug_getRawBlock") == 1
    assert len(notices) == 1
    assert "transaction hashes to the node's word" in notices[0]
    assert "does not have debug_getRawBlock" in notices[0]


@pytest.mark.parametrize(
    "refusal",
    [
        failure(-32604, "Method not enabled"),  # Besu
        failure(-32600, "The method is found but the namespace 'Debug' is disabled for http://n:8545."),
        failure(-32000, "debug_getRawBlock not found"),
    ],
)
def test_a_node_whose_debug_methods_are_switched_off_is_asked_for_them_once(refusal: Reply) -> None:
    block, methods, notices = fetch(JSON_ALONE | {"debug_getRawBlock": refusal})
    assert (block.proof, len(notices)) == ("receipts", 1)
    assert methods.count("debug_getRawBlock") == 1
    assert "does not have debug_getRawBlock" in notices[0]


def test_receipts_never_asks_for_bytes() -> None:
    block, methods, notices = fetch(WITH_BYTES, "receipts")
    assert (block.proof, notices) == ("receipts", [])
    assert not [method for method in methods if method.startswith("debug_")]


def test_each_url_gives_the_strongest_that_it_has() -> None:
    with (
        local_node(answering(JSON_ALONE)) as plain,
        local_node(answering(WITH_BYTES)) as full,
        source_of(plain, full) as (source, node, notices),
    ):
        assert source.fetch(HEIGHT).block.proof == "receipts"
        node.switch_from(node.name, "for the test")
        assert source.fetch(HEIGHT).block.proof == "block"
        node.switch_from(node.name, "for the test")
        assert source.fetch(HEIGHT).block.proof == "receipts"
        assert len(notices) == 1
        assert plain.methods.count("debug_getRawBlock") == 1


def test_block_asks_the_url_that_has_the_bytes() -> None:
    with (
        local_node(answering(JSON_ALONE)) as plain,
        local_node(answering(WITH_BYTES)) as full,
        source_of(plain, full, least="block") as (source, node, _),
    ):
        assert source.fetch(HEIGHT).block.proof == "block"
        assert node.name == full.url


def test_block_is_refused_where_no_url_has_the_bytes_with_the_flag_and_its_danger() -> None:
    with pytest.raises(NodeRefusedError, match="debug_getRawBlock") as refused:
        fetch(JSON_ALONE, "block")
    for words in ("--proof auto", "--http.api eth,debug", "debug_setHead"):
        assert words in str(refused.value.hint)


NOT_THERE: dict[str, Json] = {
    "no bytes of the block": {"debug_getRawBlock": "0x"},
    "null for the block": {"debug_getRawBlock": None},
    "an unknown header": {"debug_getRawBlock": failure(-32000, "header not found")},
    "null for the receipts": {"debug_getRawReceipts": None},
    "no receipts": {"debug_getRawReceipts": []},
}


@pytest.mark.parametrize("shape", NOT_THERE)
def test_bytes_that_are_not_there_yet_are_asked_for_again(shape: str) -> None:
    """geth 1.17.10's shapes; they are not a lie, and not a reason to give the bytes up."""
    answers = WITH_BYTES | NOT_THERE[shape]
    left = [3]

    def respond(request: Any) -> Reply:
        if request["method"] in NOT_THERE[shape] and left[0]:
            left[0] -= 1
            return answering(answers)(request)
        return answering(WITH_BYTES)(request)

    with (
        local_node(respond) as served,
        source_of(served, least="block", patience=60.0) as (source, _, notices),
    ):
        assert source.fetch(HEIGHT).block.proof == "block"
        assert source.retries == 3
        assert not [notice for notice in notices if "disagree" in notice]


@pytest.mark.parametrize("shape", NOT_THERE)
def test_bytes_that_stay_away_end_with_what_the_node_does_not_have(shape: str) -> None:
    with pytest.raises(BlockNotFoundError):
        fetch(WITH_BYTES | NOT_THERE[shape], "block")


@pytest.mark.parametrize("shape", NOT_THERE)
def test_auto_takes_the_receipts_of_a_block_whose_bytes_are_not_there_and_goes_on_asking(shape: str) -> None:
    block, methods, notices = fetch(WITH_BYTES | NOT_THERE[shape])
    assert (block.proof, notices) == ("receipts", [])
    assert methods.count("debug_getRawBlock") == 2


def tampered() -> list[str]:
    values = raw_receipts(RECEIPTS or [])
    return [values[0][:-1] + ("0" if values[0][-1] != "0" else "1"), *values[1:]]


def test_block_refuses_bytes_that_were_tampered_with() -> None:
    with pytest.raises(UnprovenError, match=r"after 0 seconds of asking: .* do not give the header's root"):
        fetch(WITH_BYTES | {"debug_getRawReceipts": tampered()}, "block")


def test_auto_leaves_bytes_that_prove_nothing_and_says_why() -> None:
    answers = WITH_BYTES | {"debug_getRawReceipts": tampered()}
    with local_node(answering(answers)) as served, source_of(served) as (source, _, notices):
        proofs = {source.fetch(HEIGHT).block.proof for _ in range(6)}
        assert proofs == {"receipts"}
        assert served.methods.count("debug_getRawReceipts") == 3
        assert len(notices) == 1
        assert "do not give the header's root" in notices[0]


def test_auto_refuses_a_block_that_is_wrong_in_both_ways() -> None:
    answers = WITH_BYTES | {"debug_getRawReceipts": tampered(), "eth_getBlockReceipts": (RECEIPTS or [])[:-1]}
    with pytest.raises(UnprovenError, match=r"after 0 seconds of asking: .* receipts for"):
        fetch(answers)


def test_another_blocks_bytes_are_refused() -> None:
    other, _ = load_recorded("ethereum-1000000")
    with pytest.raises(UnprovenError, match=f"asked for block {HEIGHT}, the node gave block 1000000"):
        fetch(WITH_BYTES | {"debug_getRawBlock": raw_block(other)}, "block")


def test_a_block_that_comes_while_it_is_asked_for_early_is_not_proven_by_less() -> None:
    """A node that pushes a head before all of it can be read would have most blocks proven so."""
    answers = WITH_BYTES | {"debug_getRawBlock": None}
    with local_node(answering(answers)) as served, source_of(served) as (source, _, notices):
        with pytest.raises(BlockNotFoundError):
            source.fetch_early(HEIGHT)
        assert "eth_getBlockReceipts" not in served.methods
        served.respond = answering(WITH_BYTES)
        assert source.fetch_early(HEIGHT).block.proof == "block"
        assert notices == []


@pytest.mark.parametrize("name", ["latest", HEADER["hash"]])
@pytest.mark.parametrize("least", ["auto", "block"])
def test_a_block_by_tag_or_hash_is_asked_for_by_its_height_and_its_hash_compared(
    name: str, least: Proof
) -> None:
    with local_node(answering(WITH_BYTES)) as served, source_of(served, least=least) as (source, _, _):
        assert source.fetch_once(name).block.proof == "block"
        asked = [request["params"] for request in served.requests if request["method"].startswith("debug_")]
        assert asked == [[hex(HEIGHT)], [hex(HEIGHT)]]


def test_an_orphaned_block_is_proven_by_its_receipts_since_bytes_are_those_of_the_chain() -> None:
    """The node's block of that height is another one by now."""
    header, receipts = load_recorded("ethereum-1000000")
    answers = WITH_BYTES | {"eth_getBlockByHash": header, "eth_getBlockReceipts": receipts}
    answers |= {"debug_getRawBlock": raw_block(HEADER | {"number": header["number"]})}
    with local_node(answering(answers)) as served, source_of(served) as (source, _, _):
        block = source.fetch_once(header["hash"]).block
    assert (block.proof, block.hash) == ("receipts", header["hash"])


def test_by_which_rule_a_bft_header_is_hashed_the_node_is_asked() -> None:
    header, receipts = load_recorded("quorum-ibft-38")
    bytes_of_block = "0x" + _list_of(raw_header(header), "0xc0", "0xc0")
    answers = JSON_ALONE | {
        "eth_getBlockByNumber": header,
        "debug_getRawBlock": bytes_of_block,
        "debug_getRawReceipts": receipts,
    }
    with local_node(answering(answers)) as served, source_of(served, least="block") as (source, _, _):
        block = source.fetch(int(header["number"], 16)).block
    assert (block.proof, block.hash) == ("block", header["hash"])


def _list_of(*items: str) -> str:
    payload = bytes.fromhex("".join(item[2:] for item in items))
    length = len(payload).to_bytes(2, "big")
    return (b"\xf9" + length + payload).hex()

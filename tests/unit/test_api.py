"""The small Python API, and the commands that print a block."""

from __future__ import annotations

import json
import math
import traceback
from types import MappingProxyType, SimpleNamespace
from typing import Any

import click
import pytest
from hexbytes import HexBytes
from kafka.errors import KafkaTimeoutError
from web3 import Web3

import ethlogs
from ethlogs.api import (
    _block_name,
    fetch_transactions,
    getTransactionsInBlock,
    produceAllEventLogs,
)
from ethlogs.cli.blocks import BlockName
from ethlogs.cli.main import _run
from ethlogs.errors import (
    BlockNotFoundError,
    KafkaUnavailableError,
    MissingMethodError,
    NodeUnavailableError,
    SettingsError,
    TopicError,
    UnprovenError,
)
from ethlogs.node.block_name import method_of
from ethlogs.settings import NodeSettings
from tests.unit.local_node import LocalNode, Reply, chain, local_node, result
from tests.unit.proof_samples import logs_of, make_block

HASH = "0x" + "8C" * 32


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (HexBytes("0x0102"), '"0x0102"'),
        (b"", '"0x"'),
        (bytearray(b"\xff"), '"0xff"'),
        (MappingProxyType({"hash": HexBytes("0x01")}), '{"hash": "0x01"}'),
        ([1, "two", None], '[1, "two", null]'),
    ],
)
def test_what_web3_returns_is_encoded(value: Any, text: str) -> None:
    assert json.dumps(value, cls=ethlogs.HexJsonEncoder) == text


def test_what_is_no_json_is_refused_as_ever() -> None:
    with pytest.raises(TypeError, match="set is not JSON serializable"):
        json.dumps({1}, cls=ethlogs.HexJsonEncoder)


@pytest.mark.parametrize("name", ethlogs.__all__)
def test_every_name_of_the_package_is_there(name: str) -> None:
    assert getattr(ethlogs, name)


def test_the_names_of_the_package_are_listed() -> None:
    assert {*ethlogs.__all__} <= {*dir(ethlogs)}


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="produceSomeEventLogs"):
        _ = ethlogs.produceSomeEventLogs


@pytest.mark.parametrize(
    ("block", "name", "method"),
    [
        (0, "0x0", "eth_getBlockByNumber"),
        (5682604, "0x56b5ac", "eth_getBlockByNumber"),
        ("latest", "latest", "eth_getBlockByNumber"),
        ("0x10", "0x10", "eth_getBlockByNumber"),
        ("pending", "pending", "eth_getBlockByNumber"),
        (HASH, HASH.lower(), "eth_getBlockByHash"),
        (HexBytes(HASH), HASH.lower(), "eth_getBlockByHash"),
    ],
)
def test_a_block_is_named_by_height_hash_or_tag(block: int | str | bytes, name: str, method: str) -> None:
    assert (_block_name(block), method_of(_block_name(block))) == (name, method)


@pytest.mark.parametrize("block", [-1, 1.5, None, True, "newest", b"\1", 2**64])
def test_what_names_no_block_is_refused_before_the_node_is_asked(block: Any) -> None:
    w3: Any = FakeWeb3(None)
    with pytest.raises(SettingsError, match="is not a block number, a block hash or latest"):
        getTransactionsInBlock(w3, block)
    assert w3.asked == []


def test_the_command_refuses_what_names_no_block() -> None:
    assert BlockName().convert("0X0A", None, None) == "0xa"
    with pytest.raises(click.BadParameter, match="'pending' is not a block number, a block hash or latest"):
        BlockName().convert("pending", None, None)


class FakeWeb3:
    """In place of a connected web3 instance: its provider answers with what it is given."""

    def __init__(self, answer: Any) -> None:
        self.provider = self
        self._answer = answer
        self.asked: list[tuple[str, Any]] = []

    def make_request(self, method: str, params: Any) -> Any:
        self.asked.append((method, params))
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def transactions_of(answer: Any) -> list[dict[str, Any]]:
    return getTransactionsInBlock(FakeWeb3(answer))  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_an_answer_may_have_whatever_number_web3_gave_to_its_request(number: int) -> None:
    answer = {"jsonrpc": "2.0", "id": number, "result": {"transactions": []}}
    assert transactions_of(answer) == []


def test_a_blocks_transactions_have_the_names_and_values_of_json_rpc() -> None:
    w3 = FakeWeb3({"jsonrpc": "2.0", "id": 1, "result": {"transactions": [{"nonce": "0x1"}]}})
    assert getTransactionsInBlock(w3, 7) == [{"nonce": "0x1"}]  # type: ignore[arg-type]
    assert w3.asked == [("eth_getBlockByNumber", ("0x7", True))]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"result": None}, BlockNotFoundError),
        ({"result": {"transactions": ["0xaa"]}}, UnprovenError),
        ({"result": {}}, UnprovenError),
        ({"result": "text"}, NodeUnavailableError),
        ({"error": {"code": -32601, "message": "no"}}, MissingMethodError),
        (ConnectionError("gone"), NodeUnavailableError),
    ],
)
def test_a_block_that_cannot_be_had_is_an_error(answer: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        transactions_of(answer)


def test_the_token_in_a_url_is_in_no_error() -> None:
    # Port 1 refuses connections; the text of requests has the whole URL.
    w3 = Web3(Web3.HTTPProvider("http://127.0.0.1:1/v3/t0ken"))
    with pytest.raises(NodeUnavailableError, match="Connection refused") as caught:
        getTransactionsInBlock(w3, 7)
    assert "t0ken" not in "".join(traceback.format_exception(caught.value, chain=True))


def serve_block(block: Any) -> Any:
    serve = chain()

    def respond(request: Any) -> Reply:
        asked = request["method"], request["params"][:1]
        return result(block) if asked == ("eth_getBlockByNumber", ["0x7"]) else serve(request)

    return respond


def block_of(*transactions: Any) -> dict[str, Any]:
    return {"number": "0x7", "hash": HASH, "transactions": list(transactions)}


def ask(node: LocalNode) -> list[dict[str, Any]]:
    return fetch_transactions(NodeSettings((node.url,), patience_seconds=0.0), "0x7")


def test_transactions_are_fetched_as_the_node_gives_them() -> None:
    with local_node(serve_block(block_of({"nonce": "0x1", "odd": None}))) as node:
        assert ask(node) == [{"nonce": "0x1", "odd": None}]


def test_a_block_that_the_node_lacks_is_not_found() -> None:
    with local_node(serve_block(None)) as node, pytest.raises(BlockNotFoundError, match="block 7"):
        ask(node)


def test_the_command_prints_a_transaction_a_line(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with local_node(serve_block(block_of({"nonce": "0x1"}, {"nonce": "0x2"}))) as node:
        assert _run(["transactions", "7", "--node-url", node.url], False) == 0
    assert capfdbinary.readouterr() == (b'{"nonce":"0x1"}\n{"nonce":"0x2"}\n', b"")


class FakeProducer:
    """Takes every record: what is sent is what matters here."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, bytes]] = []
        self.has_topic = True
        self._metadata = SimpleNamespace(_last_successful_refresh_ms=math.inf)

    def partitions_for(self, topic: str) -> set[int]:
        if not self.has_topic:
            raise KafkaTimeoutError(f"Failed to update metadata for {topic}")
        return {0}

    def send(self, _topic: str, key: bytes, value: bytes) -> FakeProducer:
        self.sent.append((key, value))
        return self

    def flush(self, timeout: float) -> None:
        """Nothing is under way."""

    def get(self, timeout: float) -> None:
        """It is there."""


class BlockOfWeb3(FakeWeb3):
    """Gives a block and its receipts."""

    def __init__(self, header: Any, receipts: Any) -> None:
        self._answers = {
            "eth_getBlockByNumber": header,
            "eth_getBlockReceipts": receipts,
            "eth_chainId": "0x1",
        }
        super().__init__(None)

    def make_request(self, method: str, params: Any) -> Any:
        return {"jsonrpc": "2.0", "id": 1, "result": self._answers[method]}


def produce(header: Any, receipts: Any, **given: Any) -> list[tuple[bytes, bytes]]:
    producer = FakeProducer()
    w3: Any = BlockOfWeb3(header, receipts)
    count = produceAllEventLogs(w3, 20_000_003, producer, "a-topic", **given)
    assert count == len(producer.sent)
    return producer.sent


def test_a_topic_that_is_missing_is_named_before_anything_is_sent() -> None:
    producer: Any = FakeProducer()
    producer.has_topic = False
    w3: Any = BlockOfWeb3(*make_block(3))
    with pytest.raises(TopicError, match="the topic a-topic does not exist") as caught:
        produceAllEventLogs(w3, 20_000_003, producer, "a-topic")
    assert "kafka-topics --create --topic a-topic" in str(caught.value.hint)
    producer._metadata._last_successful_refresh_ms = 0
    with pytest.raises(KafkaUnavailableError):
        produceAllEventLogs(w3, 20_000_003, producer, "a-topic")
    assert producer.sent == []


def test_every_proven_event_log_is_produced() -> None:
    header, receipts = make_block(3)
    records = produce(header, receipts)
    assert [json.loads(value)["data"] for _, value in records] == [log["data"] for log in logs_of(receipts)]


def test_a_block_with_a_forged_root_is_not_produced_whatever_the_node_adds() -> None:
    header, receipts = make_block(3)
    header |= {"receiptsRoot": "0x" + "ee" * 32, "ofALaterFork": "0x1"}
    with pytest.raises(UnprovenError, match="has the field ofALaterFork"):
        produce(header, receipts)


def test_a_block_whose_header_cannot_be_checked_is_produced_with_consent_and_a_warning() -> None:
    header, receipts = make_block(3)
    expected = produce(header, receipts)
    header |= {"stateRoot": "0x" + "ee" * 32, "ofALaterFork": "0x1"}
    with pytest.raises(UnprovenError, match="has the field ofALaterFork"):
        produce(header, receipts)
    with pytest.warns(UserWarning, match="has the field ofALaterFork"):
        assert produce(header, receipts, unchecked_headers=True) == expected


def test_the_command_says_that_a_header_was_not_checked(capfd: pytest.CaptureFixture[str]) -> None:
    header, receipts = make_block(3)
    header |= {"stateRoot": "0x" + "ee" * 32, "ofALaterFork": "0x1"}
    answers = {"eth_chainId": "0x1", "eth_getBlockByNumber": header, "eth_getBlockReceipts": receipts}
    with local_node(lambda asked: result(answers[asked["method"]])) as node:
        arguments = ["logs", str(int(header["number"], 16)), "--node-url", node.url, "--patience", "0"]
        assert _run(arguments, False) == 6
        refusal = capfd.readouterr()
        assert "--unchecked-headers" in refusal.err
        assert _run([*arguments, "--unchecked-headers"], False) == 0
    printed = capfd.readouterr()
    assert len(printed.out.splitlines()) == len(logs_of(receipts))
    assert "has the field ofALaterFork that this version does not know" in printed.err

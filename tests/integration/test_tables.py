"""One token's transfers, from the chain to a table: selected, decoded, reorganized, backfilled in part.

What the table must have is asked of the node and decoded by web3, without any code of the product.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from web3 import HTTPProvider, Web3
from web3.types import LogReceipt

from ethlogs.decoding.builtin import BUILTIN
from ethlogs.settings import Abi, SelectionSettings
from ethlogs_devnet import GethNode, Kind, Step
from tests.harness.commands import Command
from tests.harness.running import RunInThread, build_settings, wait_until
from tests.harness.streams import Stream, ask

pytestmark = pytest.mark.services

EXAMPLE = Path(__file__).parents[2] / "examples" / "iceberg_table.py"
EVENT = "Transfer(address,address,uint256)"
TRANSFER = Web3.keccak(text=EVENT)
ABI: list[Any] = [
    {
        "type": "event",
        "name": "Transfer",
        "anonymous": False,
        "inputs": [
            {"name": "from", "type": "address", "indexed": True},
            {"name": "to", "type": "address", "indexed": True},
            {"name": "value", "type": "uint256", "indexed": False},
        ],
    }
]
PLAN = (
    *(Step(Kind.TOKEN, size) for size in (1, 3, 2, 1)),
    Step(Kind.APPROVAL, 2),
    Step(Kind.POOL, 2),
    Step(Kind.COUNTER, 1),
)
"""Transfers of several tokens, between event logs of other kinds."""
HISTORY, HEAD, LAST = 14, 22, 24
"""Blocks below the followed part; the head at the start; where the stream ends, two reorgs later."""
DEPTH = 3
"""How many blocks the first reorg takes back."""

Row = dict[str, Any]


@pytest.fixture
def token_geth(new_geth: GethNode) -> GethNode:
    """A node whose blocks have transfers of several tokens."""
    for _ in range(HEAD):
        new_geth.commit_block(PLAN)
    return new_geth


def find_token(node: GethNode) -> str:
    """One with transfers in a block that will be orphaned, in history, and not in every block."""
    wanted = {"fromBlock": "0x1", "toBlock": "latest", "topics": [Web3.to_hex(TRANSFER)]}
    blocks: defaultdict[str, set[int]] = defaultdict(set)
    for log in ask(node.url, "eth_getLogs", wanted):
        blocks[log["address"]].add(int(log["blockNumber"], 16))
    fitting = [
        token for token, heights in blocks.items() if max(heights) > HEAD - DEPTH and min(heights) <= HISTORY
    ]
    token = max(fitting, key=lambda token: len(blocks[token]))
    assert len(blocks[token]) < HEAD
    return token


def fetch_rows(url: str, token: str) -> list[Row]:
    """The table as the node and web3 have it."""
    web3 = Web3(HTTPProvider(url))
    address = Web3.to_checksum_address(token)
    event = web3.eth.contract(address=address, abi=ABI).events.Transfer()
    logs = web3.eth.get_logs({"fromBlock": 1, "toBlock": LAST, "address": address, "topics": [TRANSFER]})
    return [to_row(log, dict(event.process_log(log)["args"]), web3) for log in logs]


def to_row(log: LogReceipt, args: dict[str, Any], web3: Web3) -> Row:
    return {
        "address": log["address"],
        "topics": [Web3.to_hex(topic) for topic in log["topics"]],
        "data": Web3.to_hex(log["data"]),
        "blockNumber": log["blockNumber"],
        "blockHash": Web3.to_hex(log["blockHash"]),
        "blockTimestamp": web3.eth.get_block(log["blockHash"])["timestamp"],
        "transactionHash": Web3.to_hex(log["transactionHash"]),
        "transactionIndex": log["transactionIndex"],
        "logIndex": log["logIndex"],
        "event": "Transfer",
        "args": {**args, "value": str(args["value"])},
    }


def fold_into(folder: Path, stream: Stream) -> list[Row]:
    """Run the example, as often as there is something new; the table then."""
    command = [sys.executable, str(EXAMPLE), stream.bootstrap, stream.topic, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with closing(SqlCatalog("local", uri=f"sqlite:///{folder}/catalog.db")) as catalog:
        rows = catalog.load_table("chain.event_logs").scan().to_arrow().to_pylist()
    rows.sort(key=lambda row: (row["blockNumber"], row["logIndex"]))
    return [{**row, "args": dict(row["args"])} for row in rows]


def backfill(stream: Stream, url: str, folder: Path, token: str) -> None:
    """Fill the history as a user does, on Spark; a selection that is not the follower's would be refused."""
    content = ("--address", token, "--event", EVENT, "--abi", "erc20", "--proof", "auto")
    bounds = ("--from", "1", "--to", str(HISTORY), "--confirmations", "5")
    with Command(stream, url, folder, *content, *bounds, name="backfill") as command:
        assert command.wait() == 0, command.stderr


def test_a_table_of_one_tokens_transfers_is_what_the_node_says_and_verify_proves_the_stream(
    stream: Stream, token_geth: GethNode, tmp_path: Path
) -> None:
    node, table = token_geth, tmp_path / "table"
    token = find_token(node)
    selection = SelectionSettings((token,), (Web3.to_hex(TRANSFER),), (Abi("erc20", None, BUILTIN["erc20"]),))
    settings = build_settings(
        stream, node.url, start=str(HISTORY + 1), blocks=LAST - HISTORY, proof="auto", timeout=300.0
    )
    with RunInThread(replace(settings, selection=selection)) as follower:
        wait_until(lambda: follower.tip == HEAD, "the stream is at the head")
        before = fold_into(table, stream)
        node.reorg(DEPTH, salt=1, plan=PLAN)
        backfill(stream, node.url, tmp_path / "backfill", token)
        wait_until(lambda: follower.tip == HEAD + 1, "the stream has the first new branch")
        node.reorg(2, salt=2, plan=PLAN)
        follower.wait().assert_done()

    after, expected = fold_into(table, stream), fetch_rows(node.url, token)
    assert after == expected
    heights = {row["blockNumber"] for row in expected}
    assert min(heights) <= HISTORY < max(heights), "both parts of the stream have transfers"
    orphaned = {row["blockHash"] for row in before} - {row["blockHash"] for row in after}
    assert orphaned, "a reorg took transfers out of the table"
    with Command(stream, node.url, tmp_path / "verify", name="verify") as verify:
        assert verify.wait() == 0, verify.stdout + verify.stderr

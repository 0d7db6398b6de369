"""A stream of one token's transfers, selected and decoded, through a reorg: what eth_getLogs gives of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.decoding.builtin import BUILTIN
from ethlogs.errors import SettingsError
from ethlogs.settings import Abi, NodeSettings, SelectionSettings
from ethlogs.verify import Difference, VerifySettings, verify_stream
from ethlogs_devnet import SMALL_PLAN, GethNode
from tests.harness.running import ENOUGH_SECONDS, RunInThread, another_run, build_settings, run, wait_until
from tests.harness.streams import Fold, Stream, ask, checksum

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
ERC20 = Abi("erc20", None, BUILTIN["erc20"])


def fetch_transfers(url: str, first: int, last: int, token: str | None = None) -> list[dict[str, Any]]:
    """The node's own selection: what the stream must have."""
    wanted = {"fromBlock": hex(first), "toBlock": hex(last), "topics": [TRANSFER]}
    logs: list[dict[str, Any]] = ask(url, "eth_getLogs", wanted | ({"address": token} if token else {}))
    return logs


def expected_row(log: dict[str, Any]) -> tuple[Any, ...]:
    """What a record must say of it, read by hand."""
    args = {
        "from": checksum("0x" + log["topics"][1][26:]),
        "to": checksum("0x" + log["topics"][2][26:]),
        "value": str(int(log["data"], 16)),
    }
    signature = "Transfer(address,address,uint256)"
    decoded = {"event": "Transfer", "signature": signature, "abi": "erc20", "args": args}
    return log["blockHash"], int(log["logIndex"], 16), log["address"], decoded


def folded_rows(stream: Stream) -> list[tuple[Any, ...]]:
    """What the consumers' rule leaves."""
    folded = Fold(stream.event_logs())
    for row in {row.key: row for row in stream.blocks()}.values():
        if row.value is not None:
            folded.read_block(row.json)
    rows = [row.json for logs in folded.live.values() for row in logs.values()]
    rows.sort(key=lambda row: (row["blockNumber"], row["logIndex"]))
    return [(row["blockHash"], row["logIndex"], row["address"].lower(), row["decoded"]) for row in rows]


def verify(stream: Stream, url: str | None, selection: SelectionSettings | None = None) -> list[Difference]:
    settings = build_settings(stream, url or "")
    node = NodeSettings((url,), 30.0, 30.0) if url else None
    found: list[Difference] = []
    asked = VerifySettings(settings.kafka, settings.stream, node, selection=selection or SelectionSettings())
    verify_stream(asked, StopSwitch(ENOUGH_SECONDS), found.append, lambda _text: None, lambda _progress: None)
    return found


def test_a_selected_and_decoded_stream_has_what_eth_get_logs_gives_also_after_a_reorg(
    stream: Stream, own_geth: GethNode
) -> None:
    token = fetch_transfers(own_geth.url, 2, 10)[0]["address"]
    content = SelectionSettings((token,), (TRANSFER,), (ERC20,))
    settings = build_settings(stream, own_geth.url, start="2", blocks=10, proof="auto")
    with RunInThread(replace(settings, selection=content)) as running:
        wait_until(lambda: running.tip == 10, "the run follows")
        own_geth.reorg(3, plan=SMALL_PLAN)
        running.wait().assert_done()

    expected = [expected_row(log) for log in fetch_transfers(own_geth.url, 2, 11, token)]
    stream.wait_until_stable()
    assert folded_rows(stream) == expected != []
    newest = {row.key: row.json for row in stream.blocks() if row.value is not None}
    assert sorted(int(key or b"") for key in newest) == list(range(2, 12))
    assert sum(block["produced"] for block in newest.values()) == len(expected)
    assert all(block["produced"] < 6 for block in newest.values())

    assert verify(stream, own_geth.url) == []
    assert verify(stream, None) == []
    assert verify(stream, own_geth.url, content) == []

    other = replace(another_run(settings, blocks=1), selection=SelectionSettings((), (TRANSFER,), (ERC20,)))
    refused = run(other).error
    assert isinstance(refused, SettingsError)
    assert int(refused.exit_status) == 3
    assert "this stream selects the contract" in str(refused)
    with pytest.raises(SettingsError, match="this stream is decoded by erc20"):
        verify(stream, own_geth.url, replace(content, abis=(replace(ERC20, name="mine"),)))


def test_a_stream_of_what_a_chain_does_not_have_is_proven_by_headers_alone(
    stream: Stream, own_geth: GethNode
) -> None:
    settings = build_settings(stream, own_geth.url, start="2", blocks=9, proof="auto")
    nobody = SelectionSettings(("0x" + "12" * 20,))
    run(replace(settings, selection=nobody)).assert_done()
    blocks = [row.json for row in stream.blocks()]
    # Some may be fetched in full: the first ones, before a bloom was seen to be right, and a rare other one.
    excluded = [block for block in blocks if block["proof"] == "excluded"]
    assert len(excluded) >= 3
    assert {(block["logs"], block["transactions"], block["produced"]) for block in excluded} == {
        (None, None, 0)
    }
    assert verify(stream, own_geth.url) == []
    assert not any(stream.event_logs().values())

"""What can happen to the node, and what is wrong with what it answers."""

from __future__ import annotations

import copy
import itertools
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.harness.faults.fault import Fault, Meanwhile, System
from tests.harness.faults.stage import NODE_TIMEOUT_SECONDS, Setting, Stage
from tests.harness.lies import change_a_byte, hide_a_log
from tests.harness.lying_node import Reply, Rule

LYING = Setting(lying=True)
BYTES = Setting(lying=True, proof="auto")
AWAY_SECONDS = 8.0
LAG_SECONDS = 6.0
SLOW_SECONDS = NODE_TIMEOUT_SECONDS - 2
TOO_SLOW_SECONDS = NODE_TIMEOUT_SECONDS + 2


def kill_node(stage: Stage, meanwhile: Meanwhile) -> None:
    """SIGKILL, and started again on the same data."""
    stage.geth.kill()
    meanwhile()
    stage.hold(AWAY_SECONDS / 4)
    stage.geth.start()


def freeze_node(stage: Stage, meanwhile: Meanwhile) -> None:
    """SIGSTOP; a reorg is the first thing that it does afterwards, since frozen it can do none."""
    stage.geth.freeze()
    stage.hold(AWAY_SECONDS)
    stage.geth.thaw()
    meanwhile()


def let_a_member_lag(stage: Stage, meanwhile: Meanwhile) -> None:
    """The second of two URLs gets no blocks while the first is away for a while, then the first lags."""
    with stage.peer.lagging():
        stage.hold(LAG_SECONDS / 2)
        stage.geth.freeze()
        stage.hold(NODE_TIMEOUT_SECONDS + 1)
        stage.geth.thaw()
        meanwhile()
        stage.hold(LAG_SECONDS)


def answer_wrongly(rules: dict[str, Rule], stage: Stage, meanwhile: Meanwhile) -> None:
    """Until the run has asked at least once, and for some seconds."""
    before = sum(stage.liar.calls[method] for method in rules if method != "*")
    for method, rule in rules.items():
        stage.liar.when(method, rule)
    meanwhile()
    stage.wait_for(
        lambda: "*" in rules or sum(stage.liar.calls[method] for method in rules) > before,
        "the run has asked for what is answered wrongly",
    )
    stage.hold(AWAY_SECONDS)
    stage.liar.be_honest()


def roll_over(stage: Stage, meanwhile: Meanwhile) -> None:
    """A TLS endpoint is replaced: open connections are cut, and so are new ones during their handshake."""
    stage.liar.cuts_handshakes = True
    stage.liar.cut_connections()
    meanwhile()
    stage.hold(AWAY_SECONDS)
    stage.liar.cuts_handshakes = False


# ---------------------------------------------------------------- answers


def altered(change: Callable[[list[dict[str, Any]]], None]) -> Rule:
    """Receipts with a change."""

    def rule(params: list[Any], result: Any) -> Any:
        receipts = copy.deepcopy(result)
        if receipts:
            change(receipts)
        return receipts

    return rule


def change_raw_byte(params: list[Any], result: Any) -> Any:
    """The bytes of receipts, one digit in the middle of the first one changed."""
    if not result:
        return result
    first = result[0]
    middle = len(first) // 2
    return [first[:middle] + ("0" if first[middle] != "0" else "1") + first[middle + 1 :], *result[1:]]


def not_there(params: list[Any], result: Any) -> Any:
    """A method that the node had, and has no more: its flag was changed, or another member answers."""
    raise Reply.rpc_error(-32601, "the method does not exist/is not available")


def forge_root(params: list[Any], result: Any) -> Any:
    """Another receipts root under the true hash, and one more field, as if a later fork had added it."""
    return result and {**result, "receiptsRoot": "0x" + "11" * 32, "aFieldOfALaterFork": "0x1"}


def after(seconds: float) -> Rule:
    """The honest answer, late."""

    def rule(params: list[Any], result: Any) -> Any:
        time.sleep(seconds)
        return result

    return rule


def cut(params: list[Any], result: Any) -> Any:
    """The connection ends in the middle of the answer."""
    body = _whole(result)
    raise Reply(200, body[: len(body) // 2], withheld=len(body) - len(body) // 2)


def truncate(params: list[Any], result: Any) -> Any:
    """Half of the JSON, as if it were all."""
    body = _whole(result)
    raise Reply(200, body[: len(body) // 2])


def empty(params: list[Any], result: Any) -> Any:
    """An empty list, as some nodes answer for receipts that they do not have yet."""
    return []


def limit(params: list[Any], result: Any) -> Any:
    """What gateways answer under load, one kind after the other."""
    raise next(_LIMITS)


_LIMITS = itertools.cycle(
    (
        Reply(429, b"slow down", {"Retry-After": "1"}),
        Reply.rpc_error(-32603, "Timeout expired", status=408),
        Reply.rpc_error(-32029, "Too Many Requests"),
        Reply.rpc_error(-32768, "a code that nobody knows"),
        Reply(403, b"<html>forbidden</html>"),
        Reply(404, b"default backend"),
    )
)


def trickle(params: list[Any], result: Any) -> Any:
    """A byte of the headers now and then, without end."""
    raise Reply(200, trickled=True)


def without_genesis(params: list[Any], result: Any) -> Any:
    """The genesis block is missing, and every other one for the moment."""
    return None


def _whole(result: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()


def _answers(name: str, rules: dict[str, Rule], setting: Setting = LYING) -> Fault:
    return Fault(name, System.NODE, partial(answer_wrongly, rules), setting)


RECEIPTS, HEADER = "eth_getBlockReceipts", "eth_getBlockByNumber"
RAW_BLOCK, RAW_RECEIPTS = "debug_getRawBlock", "debug_getRawReceipts"
FAULTS = (
    Fault("node killed and restarted", System.NODE, kill_node),
    Fault(f"node frozen for {AWAY_SECONDS:g} s (SIGSTOP)", System.NODE, freeze_node),
    Fault("one of two nodes lags, the other is away", System.NODE, let_a_member_lag, Setting(two_nodes=True)),
    _answers("answers cut off", {"*": cut}),
    _answers("answers truncated (half of the JSON)", {"*": truncate}),
    _answers("an event log hidden", {RECEIPTS: altered(hide_a_log)}),
    _answers("a byte of an event log changed", {RECEIPTS: altered(change_a_byte)}),
    _answers("a forged receipts root, and a header field that nobody knows", {HEADER: forge_root}),
    _answers("receipts empty at the head", {RECEIPTS: empty}),
    _answers("HTTP 429, 408, 403 and 404, and unknown JSON-RPC codes", {"*": limit}),
    _answers("headers that trickle in without end", {"*": trickle}),
    _answers("a byte of the raw receipts changed (--proof auto)", {RAW_RECEIPTS: change_raw_byte}, BYTES),
    _answers(
        "debug methods gone in the middle of a stream (--proof auto)",
        {RAW_BLOCK: not_there, RAW_RECEIPTS: not_there},
        BYTES,
    ),
    Fault("a TLS endpoint that is replaced", System.NODE, roll_over, Setting(lying=True, tls=True)),
    Fault(
        "one of two nodes loses its blocks, the genesis block too",
        System.NODE,
        partial(answer_wrongly, {HEADER: without_genesis, "eth_blockNumber": limit}),
        Setting(lying=True, two_nodes=True),
    ),
    _answers(f"each answer takes {SLOW_SECONDS:g} s", {"*": after(SLOW_SECONDS)}),
    _answers("each answer takes longer than --node-timeout", {"*": after(TOO_SLOW_SECONDS)}),
)

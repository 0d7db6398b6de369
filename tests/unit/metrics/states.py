"""Streams and nodes that the tests of metrics begin from."""

from __future__ import annotations

import dataclasses

from msgspec.structs import replace

from ethlogs.backfill.plan import LedgerEnds
from ethlogs.ledger import Reorgs
from ethlogs.metrics.node_reader import NodeState
from ethlogs.metrics.stream_state import StreamState
from ethlogs.stream.tail import Claimed
from tests.unit.samples import BLOCK, CLAIM, EMPTY_TAIL, TAIL

TIP = replace(
    BLOCK,
    block_number=110,
    ranges=((100, 110),),
    stream_blocks=11,
    stream_logs=55,
    stream_reorgs=Reorgs(2, 3, 4, 20),
)
FOLLOWER = dataclasses.replace(TAIL, tip=TIP, committed_at=1_760_000_013.5)
SLOT = dataclasses.replace(
    TAIL,
    tip=replace(BLOCK, block_number=31, ranges=((0, 31),), stream_blocks=32, stream_logs=160),
    newest=Claimed(replace(CLAIM, first_block=0, last_block=63), 0),
)
STATE = StreamState("eth_eventlogs", LedgerEnds({0: FOLLOWER, 1: SLOT, 2: EMPTY_TAIL}))
EMPTY = StreamState("new", LedgerEnds({0: EMPTY_TAIL, 1: EMPTY_TAIL}))
NODE = NodeState("http://geth:8545", 1, {"latest": 112, "finalized": 50}, 1_760_000_036)

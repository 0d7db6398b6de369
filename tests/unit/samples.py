"""Values that many tests begin from; each test changes what it is about."""

from __future__ import annotations

from ethlogs.backfill.plan import LedgerEnds
from ethlogs.hadoop.applications import Application
from ethlogs.ledger import BlockRecord, Claim, Reorgs, StreamIdentity
from ethlogs.stream.tail import Claimed, Tail

IDENTITY = StreamIdentity(
    chain_id=1,
    genesis_hash="0xd4e5",
    topic="eth_eventlogs",
    topic_id="topic-id",
    ledger_topic_id="ledger-id",
    partitions=6,
    ledger_partitions=33,
)

CLAIM = Claim(
    run="20260101-000000-abcdef",
    attempt=1,
    first_block=100,
    last_block=119,
    identity=IDENTITY,
    selection=None,
    decoding=None,
    least_proof="receipts",
    head="latest",
    confirmations=0,
    gap_after=None,
    claimed_at=1_760_000_000,
)

BLOCK = BlockRecord(
    chain_id=1,
    block_number=100,
    block_hash="0xb1",
    parent_hash="0xb0",
    block_timestamp=1_760_000_012,
    transactions=3,
    logs=5,
    produced=5,
    unproven_logs=0,
    proof="receipts",
    finalized=36,
    offsets={0: (15, 17), 4: (2, 3)},
    ranges=((100, 100),),
    run="20260101-000000-abcdef",
    claim=7,
    stream_blocks=1,
    stream_logs=5,
    stream_unproven_logs=0,
    stream_reorgs=Reorgs(),
)

EMPTY_TAIL = Tail(tip=None, newest=None, end_offset=0, stable=True)
TAIL = Tail(tip=BLOCK, newest=Claimed(CLAIM, 7), end_offset=10, stable=True)

APPLICATION = Application(
    id="application_1700000000000_0001",
    name="ethlogs",
    user="me",
    queue="streaming",
    state="FINISHED",
    final="FAILED",
    diagnostics="",
    tracking_url="",
    attempt=1,
    started=0.0,
    tags=frozenset({"theirs", "ethlogs-run-20260101-000000-abcdef"}),
)


def ends_with(follower: Tail, *slots: Tail) -> LedgerEnds:
    """The ends of a ledger with a followed part and some slots, one empty one at least."""
    return LedgerEnds(dict(enumerate([follower, *(slots or [EMPTY_TAIL])])))

"""Settings of a stream: its topics, the blocks that are wanted of it, and how they are proven."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import ClassVar, Literal

from ethlogs.settings.kinds import Choice, Count, StartHeight, Text
from ethlogs.settings.option import Heading, OptionGroup, option, switch

Proof = Literal["auto", "block", "receipts"]
Head = Literal["latest", "safe", "finalized"]

_PROOFS: tuple[Proof, ...] = typing.get_args(Proof)
_HEADS: tuple[Head, ...] = typing.get_args(Head)


@dataclass(frozen=True)
class StreamSettings(OptionGroup):
    """The event-log topic of a stream; the names of everything else of it follow from that one."""

    heading: ClassVar[Heading] = "Stream"
    topic: str = option("--topic", Text("TOPIC"), "Event-log topic of the stream.", default="eth_eventlogs")

    @property
    def ledger_topic(self) -> str:
        """The ledger. There is no other name for it: two ledgers would be two writers on one topic."""
        return f"{self.topic}.ledger"

    @property
    def id_prefix(self) -> str:
        """The beginning of every transactional id of this stream and of no other.

        A colon is in no topic's name, so that one prefixed ACL grants this stream and nothing else.
        """
        return f"ethlogs:{self.topic}:"

    @property
    def follower_id(self) -> str:
        """The follower's transactional id."""
        return f"{self.id_prefix}follower"

    def slot_id(self, slot: int) -> str:
        """The transactional id of one slot of the backfill."""
        return f"{self.id_prefix}slot-{slot}"

    def smoketest_id(self, suffix: str) -> str:
        """The transactional id of one smoketest."""
        return f"{self.id_prefix}smoketest-{suffix}"

    @property
    def smoketest_topic(self) -> str:
        """Where a smoketest produces: never a stream."""
        return f"{self.topic}.smoketest"


@dataclass(frozen=True)
class TopicCreation(OptionGroup):
    """The creation of missing topics; ``None`` leaves a number to the broker's default."""

    heading: ClassVar[Heading] = "Stream"
    create: bool = switch("--create-topics", "Create missing topics.", negative="--no-create-topics")
    partitions: int | None = option(
        "--partitions",
        Count(min=1),
        "Partitions of a newly created event-log topic. [default: the broker's]",
    )
    replication_factor: int | None = option(
        "--replication-factor",
        Count(min=1),
        "Replication factor of newly created topics. [default: the broker's]",
    )


@dataclass(frozen=True)
class LastBlock(OptionGroup):
    """The end of a range of blocks."""

    heading: ClassVar[Heading] = "Range"
    to: int | None = option(
        "--to",
        Count(),
        "Number of the last block. [default: no end for produce, the tip for verify and backfill]",
    )


@dataclass(frozen=True)
class RangeSettings(LastBlock):
    """The heights of a run; with neither ``blocks`` nor ``to`` it has no end."""

    heading: ClassVar[Heading] = "Range"
    blocks: int | None = option("--blocks", Count(min=1), "Exact number of blocks to produce.")
    start: str | None = option(
        "--start",
        StartHeight(),
        "First block of a new stream. [default: latest; an existing stream resumes after its tip]",
    )
    allow_gap: bool = switch(
        "--allow-gap", "Let --start skip blocks after the tip; the gap is recorded in the ledger."
    )


@dataclass(frozen=True)
class HeightRange(LastBlock):
    """The heights to verify or to fill."""

    heading: ClassVar[Heading] = "Range"
    first: int | None = option(
        "--from",
        Count(),
        "Number of the first block. [default: 0 for backfill, the first that retention has kept for verify]",
    )


@dataclass(frozen=True)
class ProofSettings(OptionGroup):
    """The proof that a block needs."""

    heading: ClassVar[Heading] = "Proof"
    least: Proof = option(
        "--proof",
        Choice[Proof](_PROOFS),
        "Weakest proof to accept: block proves every field, by debug calls; receipts all but transaction"
        " hashes; auto is the strongest that each URL gives.",
        default="auto",
    )
    unchecked_headers: bool = switch(
        "--unchecked-headers",
        "Accept headers with unknown fields, whose hash cannot be checked; the ledger says so.",
    )


@dataclass(frozen=True)
class Confirmations(OptionGroup):
    """The depth that a block needs: the follower's and the backfill's setting."""

    heading: ClassVar[Heading] = "Range"
    confirmations: int = option(
        "--confirmations",
        Count(),
        "Number of blocks to stay below the head; backfill stays below the finalized block without it.",
        default=0,
    )


@dataclass(frozen=True)
class FollowSettings(Confirmations):
    """The choice and the proof of blocks."""

    heading: ClassVar[Heading] = "Range"
    head: Head = option(
        "--head", Choice[Head](_HEADS), "Block up to which the chain is followed.", default="latest"
    )
    proof: ProofSettings = ProofSettings()
    reorg_window: int = option(
        "--reorg-window",
        Count(min=1, metavar="BLOCKS"),
        "Depth of a reorg that is retracted in one transaction; a deeper one ends the run.",
        default=128,
    )
    rewind: bool = switch(
        "--rewind", "Retract reorgs deeper than --reorg-window too, but nothing that is finalized."
    )

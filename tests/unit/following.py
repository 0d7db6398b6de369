"""A follower of a chain in memory, whose stream is in memory too: see :mod:`tests.unit.fake_stream`."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.follow import pipeline, reorg
from ethlogs.follow.held_stream import HeldStream
from ethlogs.follow.open_stream import OpenStream
from ethlogs.follow.pipeline import Pipeline
from ethlogs.follow.trouble import KafkaTrouble
from ethlogs.ledger import BlockRecord
from ethlogs.node import NodeIdentity
from ethlogs.run.journal import Journal
from ethlogs.settings import FollowSettings, KafkaSettings, NodeSettings, RunSettings, SelectionSettings
from ethlogs.stream.claim import commit_claim
from tests.harness.streams import Fold, ranges_of
from tests.unit.fake_stream import TOPICS, FakeChain, FakeWriter, claim_of


class Following:
    """A follower of a chain in memory, whose stream is in memory too."""

    def __init__(
        self,
        chain: FakeChain,
        monkeypatch: pytest.MonkeyPatch,
        selection: SelectionSettings | None = None,
        **follow: Any,
    ) -> None:
        self.chain, self.writer = chain, FakeWriter()
        self.journal = Journal("a-run", 1, lambda _snapshot: None)
        self.settings = RunSettings(
            "a-run", "produce", NodeSettings(("http://a-node",)), KafkaSettings("kafka:9092"),
            selection=selection or SelectionSettings(), follow=FollowSettings(**follow),
        )  # fmt: skip
        self.tip: BlockRecord | None = None
        monkeypatch.setattr(pipeline, "BlockSource", lambda *_: chain)
        monkeypatch.setattr(pipeline, "read_event_logs", self.writer.read_back)
        monkeypatch.setattr(reorg, "walk_back", self.writer.walk_back)
        monkeypatch.setattr(reorg, "_LOOK_SECONDS", 0.0)
        self.forget()

    def forget(self) -> None:
        """Begin as another run does, which remembers no event logs."""
        stop = StopSwitch()
        watch = cast(Any, SimpleNamespace(check=lambda: None))
        trouble = KafkaTrouble(300.0, stop, self.journal)
        chain = NodeIdentity(1, "0xgenesis")
        opened = OpenStream(cast(Any, self.chain), chain, trouble, TOPICS, watch)
        self.pipeline = Pipeline(self.settings, stop, self.journal, opened)

    def follow(
        self,
        first: int,
        last: int,
        gap_after: int | None = None,
        find_backfilled: Callable[[int], BlockRecord | None] = lambda _height: None,
    ) -> None:
        """Claim and follow up to a height; ``find_backfilled`` is what a backfill has beside it."""
        claim, writer = claim_of(first, last, gap_after), cast(Any, self.writer)
        offset = commit_claim(writer, "logs.ledger", claim)
        stream = HeldStream(writer, claim, offset, self.tip, find_backfilled=find_backfilled)
        self.pipeline.follow(stream)
        self.tip = stream.tip

    def assert_one_chain(self, *heights: int) -> None:
        """By the consumers' rule, after the last record, there is what the chain has of these heights."""
        folded, whole = Fold(self.writer.event_logs), Fold(self.writer.event_logs)
        for row in self.writer.ledger:
            if row.value is not None:
                folded.read_block(row.json)
        whole.read_everything()
        wanted = {b.hash: len(b.logs) for b in map(self.chain.blocks.__getitem__, heights) if b.logs}
        assert {block_hash: len(logs) for block_hash, logs in folded.live.items()} == wanted
        assert folded.records() == whole.records()
        tip = self.writer.ledger[-1].json
        assert tip["blockHash"] == self.chain.blocks[heights[-1]].hash
        assert tip["ranges"] == ranges_of(heights)
        assert (tip["streamBlocks"], tip["streamLogs"]) == (len(heights), sum(wanted.values()))

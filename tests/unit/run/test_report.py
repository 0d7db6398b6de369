"""What a run's meter says of now, beside its mean."""

from __future__ import annotations

from ethlogs.run.recent import Latency
from ethlogs.run.report import Meter


def test_what_was_committed_and_how_late_is_counted_for_now_and_for_the_whole() -> None:
    meter = Meter()
    meter.begin_work()
    meter.count_block(100, "0xb1", 5, proof="receipts")
    meter.count_backfilled(32, 160, proofs={"block": 32})
    meter.count_latency(0.08)
    recent = meter.recent()
    assert (recent.blocks, recent.logs) == (33, 165)
    assert recent.latency_ms == meter.latency_ms() == Latency(80.0, 80.0, 1)


def test_a_meter_that_has_counted_nothing_shows_nothing() -> None:
    recent = Meter().recent()
    assert (recent.seconds, recent.blocks, recent.logs_per_second, recent.latency_ms) == (0.0, 0, 0.0, None)

"""How many latencies were at most so long."""

from __future__ import annotations

from ethlogs.run.histogram import BOUNDS_SECONDS, Histogram


def test_each_bucket_has_what_was_at_most_as_long() -> None:
    histogram = Histogram()
    for seconds in (0.01, 0.025, 0.3, 90.0):
        histogram.add(seconds)
    seen = histogram.read()
    buckets = dict(seen.buckets)
    assert [bound for bound, _ in seen.buckets] == list(BOUNDS_SECONDS)
    assert (buckets[0.025], buckets[0.25], buckets[0.5], buckets[60.0]) == (2, 2, 3, 3)
    assert (seen.count, round(seen.sum_seconds, 3)) == (4, 90.335)


def test_an_empty_histogram_has_every_bucket_at_zero() -> None:
    seen = Histogram().read()
    assert (seen.count, seen.sum_seconds, {count for _, count in seen.buckets}) == (0, 0.0, {0})

"""The course of a run over its whole time, in a bounded number of samples."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

MOST_SAMPLES = 120
"""Some ten kilobytes of progress.json, and more than a chart of a few hundred pixels shows."""


class Sample(msgspec.Struct, frozen=True, rename="camel"):
    """A run at one moment."""

    at: float
    """Seconds since 1970."""
    blocks: int
    logs: int
    logs_per_second: float
    """In the last minute."""
    latency_ms: float | None
    """Median of the last minute; ``None`` where no block was produced at the head."""
    lag: int | None
    """Blocks behind the node's head."""
    reorgs: int


class History:
    """Samples of a run. When there are too many, every other one goes and they are taken half as often."""

    def __init__(self, samples: Iterable[Sample] = ()) -> None:
        self._samples = list(samples)
        span = self._samples[-1].at - self._samples[0].at if self._samples else 0.0
        self._every_seconds = max(1.0, span / MOST_SAMPLES)

    def add(self, sample: Sample) -> None:
        """Keep a sample, unless the one before is too new."""
        if self._samples and sample.at - self._samples[-1].at < self._every_seconds:
            return
        self._samples.append(sample)
        if len(self._samples) > MOST_SAMPLES:
            self._samples = self._samples[::2]
            self._every_seconds *= 2

    @property
    def samples(self) -> list[Sample]:
        """The samples, oldest first."""
        return list(self._samples)

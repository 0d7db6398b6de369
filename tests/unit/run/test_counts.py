"""Every number of a run stands in one table, which progress.json and report.json follow."""

from __future__ import annotations

import msgspec

from ethlogs.run.counts import COUNTERS, Counts
from ethlogs.run.journal import Journal
from ethlogs.run.report import Report

NAMES = [counter.name for counter in COUNTERS]


def test_every_number_has_a_unit_and_a_meaning() -> None:
    assert len(NAMES) == len(set(NAMES)) == len(msgspec.structs.fields(Counts))
    for counter in COUNTERS:
        assert counter.unit
        assert counter.meaning.endswith(".")


def test_progress_has_every_number() -> None:
    snapshot = Journal("a-run", 1, lambda _snapshot: None).snapshot()
    assert [name for name in snapshot if name in NAMES] == NAMES


def test_the_report_has_every_number() -> None:
    fields = [field.encode_name for field in msgspec.structs.fields(Report)]
    assert [name for name in fields if name in NAMES] == NAMES

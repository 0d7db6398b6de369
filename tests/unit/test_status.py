"""Where a stream stands, for a person."""

from __future__ import annotations

import dataclasses

from msgspec.structs import replace

from ethlogs.settings import StreamSettings
from ethlogs.status import _build_status, format_status
from tests.unit.samples import BLOCK, TAIL


def test_the_status_says_what_was_shown_of_the_tip_and_not_what_its_run_asked_for() -> None:
    tail = dataclasses.replace(TAIL, tip=replace(BLOCK, proof="receipts+unchecked"))
    status = _build_status(StreamSettings(), tail, None)
    assert status.proof == "receipts+unchecked"
    assert "seconds old, proven by receipts+unchecked\n" in format_status(status)

"""The progress that a run shows."""

from __future__ import annotations

from typing import Any

import pytest

from ethlogs.cli.display import ProgressDisplay


def test_a_notice_is_shown_once_and_so_is_each_of_a_later_attempt(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def progress(attempt: int, *texts: str) -> dict[str, Any]:
        notices = [{"number": number, "text": text} for number, text in enumerate(texts, start=1)]
        return {"attempt": attempt, "notices": notices}

    with ProgressDisplay(quiet=False) as display:
        for snapshot in (
            progress(1, "a", "b"),
            progress(1, "a", "b"),
            progress(2, "c"),
            progress(2, "c", "d"),
        ):
            display.show(snapshot)
    assert capsys.readouterr().err.split() == ["a", "b", "c", "d"]


def test_a_run_with_nothing_to_do_has_no_blocks_below_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ethlogs.cli.display._LINE_SECONDS", 0.0)
    with ProgressDisplay(quiet=False) as display:
        display.show(
            {"attempt": 1, "firstBlock": 80, "lastBlock": 1, "tip": None, "logs": 0, "logsPerSecond": 0.0}
        )
    assert capsys.readouterr().err == "0 of 0 blocks · 0 event logs · 0/s\n"

"""The progress that a run shows."""

from __future__ import annotations

import io
import sys
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


WAITING = {"why": "node http://geth:8545 is away", "since": 1000.0, "until": 1030.0}


def test_what_a_run_waits_for_is_a_line_before_its_first_block_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ethlogs.cli.display._WAITING_SECONDS", 0.0)
    monkeypatch.setattr("ethlogs.cli.display.time.time", lambda: 1012.0)
    with ProgressDisplay(quiet=False) as display:
        display.show({"attempt": 1, "firstBlock": None, "waiting": WAITING})
    assert capsys.readouterr().err == (
        "waiting for 12 s, for up to 18 s more: node http://geth:8545 is away\n"
    )


def test_minutes_of_waiting_do_not_fill_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressDisplay(quiet=False) as display:
        for _ in range(100):
            display.show({"attempt": 1, "firstBlock": None, "waiting": WAITING})
    assert capsys.readouterr().err == ""


def test_an_upload_is_lines_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ethlogs.cli.display._LINE_SECONDS", 0.0)
    with ProgressDisplay(quiet=False) as display:
        display.show_bytes("packing", 0, None)
        display.show_bytes("packing", 49_999, None)
        display.show_bytes("packing", 1_500_000, None)
        display.show_bytes("uploading", 4_000_000, 422_500_000)
    with ProgressDisplay(quiet=True) as display:
        display.show_bytes("uploading", 4_000_000, 422_500_000)
    assert capsys.readouterr().err == "packing: 1.5 MB\nuploading: 4.0 of 422.5 MB\n"


def test_an_upload_is_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with ProgressDisplay(quiet=False) as display:
        display.show_bytes("uploading", 211_250_000, 422_500_000)
    drawn = terminal.getvalue()
    assert "uploading" in drawn
    assert "211.2 of 422.5 MB" in drawn
    assert "━" in drawn

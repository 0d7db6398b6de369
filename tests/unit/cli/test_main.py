"""Whatever goes wrong has one line and an exit status."""

from __future__ import annotations

import pytest

from tests.unit.cli.calls import NODE, Call


def test_a_traceback_is_shown_to_who_asks_for_it(call: Call) -> None:
    assert "Traceback" not in call("logs", "latest").stderr
    assert "Traceback" in call("logs", "latest", verbose=True).stderr


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "error: interrupted"),
        (ZeroDivisionError("oh"), 1, "error: a defect of ethlogs: ZeroDivisionError: oh; please report it"),
    ],
)
def test_what_nobody_foresaw_has_a_status_too(
    monkeypatch: pytest.MonkeyPatch, call: Call, raised: BaseException, status: int, said: str
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr("ethlogs.cli.blocks.fetch_event_logs", fail)
    outcome = call("logs", "latest", *NODE)
    assert outcome.status == status
    assert said in outcome.stderr

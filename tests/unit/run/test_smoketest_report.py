"""The text of a smoketest's report."""

from __future__ import annotations

from ethlogs.run.report import Tip
from ethlogs.run.smoketest_report import SmoketestReport, format_smoketest

PASSED = SmoketestReport(
    exit_status=0,
    verdict="passed",
    error=None,
    hint=None,
    run="a-run",
    topic="logs.smoketest",
    block=Tip(number=120, hash="0xab"),
    proof="block",
    logs=1370,
    bytes=259_499,
    metrics={"record-send-total": 1370.0},
    seconds={"node": 0.0031, "produce": 0.5},
)


def rows(report: SmoketestReport, *, with_metrics: bool = False) -> dict[str, str]:
    lines = format_smoketest(report.to_dict(), with_metrics=with_metrics).splitlines()
    return {line[:32].strip(): line[32:] for line in lines}


def test_the_text_has_the_block_and_the_seconds_of_each_step() -> None:
    assert rows(PASSED) == {
        "smoketest": "passed",
        "block": "120, 0xab",
        "event logs": "1,370, 259,499 bytes, proven by block",
        "topic": "logs.smoketest",
        "node, seconds": "0.003",
        "produce, seconds": "0.500",
        "exit status": "0",
    }


def test_the_metrics_are_for_whoever_asks() -> None:
    assert rows(PASSED, with_metrics=True)["record-send-total"] == "1,370"


def test_a_smoketest_that_sent_no_block_says_so() -> None:
    changes = {"block": None, "proof": None, "logs": 0, "bytes": 0, "verdict": "failed", "exitStatus": 4}
    lines = format_smoketest({**PASSED.to_dict(), **changes}).splitlines()
    assert lines[1].split() == ["block", "none"]
    assert lines[2].split() == ["event", "logs", "0,", "0", "bytes"]
    assert lines[-1].split() == ["exit", "status", "4"]

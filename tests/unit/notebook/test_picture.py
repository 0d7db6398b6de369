"""A run as HTML: what it shows, escaped, with nothing from elsewhere."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from ethlogs.errors import NodeError
from ethlogs.notebook.look import Look
from ethlogs.notebook.picture import draw
from ethlogs.submission.run_note import RunNote

NOTE = RunNote("a-run", "produce", "logs<&", "kafka:9092")
RECENT = {"seconds": 60.0, "logsPerSecond": 1234.4, "latencyMs": {"p50": 120.4, "p99": 250.0, "blocks": 9}}


def sample(at: float, *, latency: float | None = 100.0, reorgs: int = 0, blocks: int = 1) -> dict[str, Any]:
    return {
        "at": at, "blocks": blocks, "logs": 370, "logsPerSecond": 100.0 * at, "latencyMs": latency, "lag": 1,
        "reorgs": reorgs,
    }  # fmt: skip


def progress(**more: Any) -> dict[str, Any]:
    history = [sample(1.0), sample(2.0, latency=None), sample(3.0, reorgs=1), sample(4.0, reorgs=1)]
    return {
        "firstBlock": 10, "lastBlock": 29, "tip": 16, "head": 18, "blocks": 7, "logs": 2590,
        "logsPerSecond": 500.0, "recent": RECENT, "history": history, "reorgs": 1, "deepestReorg": 2,
        "retractedLogs": 740, "notices": [], **more,
    }  # fmt: skip


def text_of(html: str) -> str:
    """The text that a reader sees; parsing it also shows that every tag is closed."""
    root = ET.fromstring(html.replace("<br>", "<br/>"))  # noqa: S314 - made here
    return " ".join(" ".join(root.itertext()).split())


def test_a_running_run_shows_rate_lag_latency_and_reorgs() -> None:
    text = text_of(draw(NOTE, None, Look("running", progress())))
    assert "produce of logs<& running run a-run, on this machine" in text
    assert "blocks 7 of 20, the tip is 16 event logs 2,590" in text
    assert "rate 1,234 event logs/s in the last 60 s" in text
    assert "lag 2 blocks behind the head" in text
    assert "latency p50 120 ms, p99 250 ms, node to committed" in text
    assert "reorgs 1, at most 2 deep, 740 event logs retracted" in text
    assert "a dashed line marks a reorg" in text


def test_a_run_that_waits_says_for_what_until_it_has_ended() -> None:
    waiting = {"why": "node http://geth:8545 is away", "since": 1000.0, "until": 1030.0}
    texts = [
        text_of(draw(NOTE, None, Look(state, progress(waiting=waiting)))) for state in ("running", "done")
    ]
    assert ["for up to 0 s more: node http://geth:8545 is away" in text for text in texts] == [True, False]


def test_it_has_no_script_and_loads_nothing() -> None:
    html = draw(NOTE, None, Look("running", progress()))
    assert html.count("<svg") == 3
    assert html.count("stroke-dasharray") == 3
    assert "<script" not in html
    assert "href" not in html
    assert "src=" not in html


def test_an_error_is_shown_escaped_with_what_to_do() -> None:
    error = NodeError("the node <b>lies</b>", hint="ask & wait")
    html = draw(NOTE, None, Look("failed", progress(), error=error))
    assert "error: the node &lt;b&gt;lies&lt;/b&gt;<br>what to do: ask &amp; wait" in html


def test_a_driver_that_is_not_up_says_its_newest_word() -> None:
    assert "the driver has not said anything yet" in draw(NOTE, None, Look("starting", None))
    notices = [{"number": 1, "text": "the driver is up"}]
    assert "the driver is up" in draw(NOTE, "application_1_1", Look("running", {"notices": notices}))


def test_a_report_counts_where_there_is_one_and_a_short_one_does_not() -> None:
    whole = {"exitStatus": 0, "logs": 7400, "logsPerSecond": 423.0, "latencyMs": None, "reorgs": 0}
    assert "event logs 7,400 rate 423 event logs/s" in text_of(
        draw(NOTE, None, Look("done", progress(), whole))
    )
    short = {"exitStatus": 0, "error": None, "hint": None}
    assert "event logs 2,590" in text_of(draw(NOTE, None, Look("done", progress(), short)))


def test_there_are_no_charts_before_a_block_is_counted() -> None:
    history = [sample(1.0, blocks=0), sample(2.0, blocks=0)]
    assert "<svg" not in draw(NOTE, None, Look("running", progress(history=history)))


@pytest.mark.parametrize("history", [[], "none", [{"at": 1}], [sample(1.0)]])
def test_a_history_that_cannot_be_drawn_is_left_out(history: object) -> None:
    assert "<svg" not in draw(NOTE, None, Look("running", progress(history=history)))


def test_a_backfill_shows_what_is_missing() -> None:
    text = text_of(draw(NOTE, None, Look("running", progress(missingBlocks=75, tip=None))))
    assert "blocks 7 filled, 75 missing" in text
    assert "lag not known yet" in text


def test_a_run_that_serves_metrics_shows_their_url_until_it_has_ended() -> None:
    served = progress(metricsUrl="http://worker-7:40123/metrics")
    assert "metrics http://worker-7:40123/metrics" in text_of(draw(NOTE, None, Look("running", served)))
    assert "worker-7" not in text_of(draw(NOTE, None, Look("stopped", served)))

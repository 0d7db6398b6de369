"""A run as HTML that shows itself in a notebook and in the saved file of one."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from html import escape
from typing import Any

import msgspec

from ethlogs.counted import counted
from ethlogs.notebook.chart import Chart
from ethlogs.notebook.look import Look
from ethlogs.run.history import Sample
from ethlogs.run.waiting import format_waiting, read_waiting
from ethlogs.submission.run_note import RunNote

_BADGES = {
    "waiting": "#8a6d00",
    "starting": "#8a6d00",
    "running": "#1f6feb",
    "done": "#1a7f37",
    "stopped": "#6e7781",
    "failed": "#c9302c",
}
"""White text is readable on each of them."""

_BLUE, _ORANGE, _GREEN = "#3b82d6", "#d9822b", "#2e9e5b"
"""Readable on white and on black."""


def draw(note: RunNote, application: str | None, look: Look) -> str:
    """Return a run as HTML: no script and nothing from elsewhere, so that it stays in a saved notebook."""
    where = application or "on this machine"
    parts = [
        '<div style="font-family:sans-serif;font-size:13px;line-height:1.5;color:inherit;'
        'border:1px solid rgba(128,128,128,0.45);border-radius:6px;padding:10px 14px;max-width:780px">',
        f"<div><b>{escape(note.job)}</b> of <b>{escape(note.topic)}</b> {_badge(look.state)}"
        f'<span style="opacity:0.7;float:right">run {escape(note.run)}, {escape(where)}</span></div>',
        _rows(_describe(look)),
        _charts(_read_history(look.progress)),
        _failure(look),
        "</div>",
    ]
    return "".join(parts)


def _badge(state: str) -> str:
    return (
        f'<span style="background:{_BADGES[state]};color:#fff;border-radius:9px;padding:1px 9px;'
        f'margin-left:6px;font-size:12px">{escape(state)}</span>'
    )


def _describe(look: Look) -> list[tuple[str, str]]:
    """Return names and values: of the report where there is a whole one, else of the progress."""
    progress = look.progress or {}
    if progress.get("firstBlock") is None:
        notices = progress.get("notices") or [{"text": "the driver has not said anything yet"}]
        return [("driver", str(notices[-1]["text"]))]
    counts = look.report if look.report is not None and "logs" in look.report else progress
    rows = [("blocks", _blocks(progress)), ("event logs", f"{counts['logs']:,}")]
    recent = progress.get("recent") or {}
    if not look.ended:
        rows.append(
            (
                "rate",
                f"{recent.get('logsPerSecond', 0.0):,.0f} event logs/s in the last"
                f" {recent.get('seconds', 0.0):.0f} s",
            )
        )
        rows.append(("lag", _lag(progress)))
        waiting = read_waiting(progress)
        if waiting is not None:
            rows.append(("now", format_waiting(waiting, time.time())))
        if progress.get("metricsUrl"):
            rows.append(("metrics", str(progress["metricsUrl"])))
    else:
        rows.append(("rate", f"{counts['logsPerSecond']:,.0f} event logs/s"))
    rows.append(("latency", _latency(counts.get("latencyMs") or recent.get("latencyMs"))))
    rows.append(("reorgs", _reorgs(counts)))
    return rows


def _blocks(progress: dict[str, Any]) -> str:
    missing = progress.get("missingBlocks")
    if missing is not None:
        return f"{progress['blocks']:,} filled, {missing:,} missing"
    first, last, tip = progress["firstBlock"], progress.get("lastBlock"), progress.get("tip")
    done = 0 if tip is None else max(0, tip - first + 1)
    total = "" if last is None else f" of {max(0, last - first + 1):,}"
    return f"{done:,}{total}, {'no tip yet' if tip is None else f'the tip is {tip:,}'}"


def _lag(progress: dict[str, Any]) -> str:
    head, tip = progress.get("head"), progress.get("tip")
    if head is None or tip is None:
        return "not known yet"
    behind = max(0, head - tip)
    return f"{counted(behind, 'block')} behind the head"


def _latency(latency: dict[str, Any] | None) -> str:
    if latency is None:
        return "not measured: no block was produced at the head"
    return f"p50 {latency['p50']:,.0f} ms, p99 {latency['p99']:,.0f} ms, node to committed"


def _reorgs(counts: dict[str, Any]) -> str:
    if not counts.get("reorgs"):
        return "none"
    depth, logs = counts["deepestReorg"], counts["retractedLogs"]
    return f"{counts['reorgs']:,}, at most {depth} deep, {logs:,} event logs retracted"


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(
        f'<span style="opacity:0.65">{escape(name)}</span><span>{escape(value)}</span>'
        for name, value in rows
    )
    return f'<div style="display:grid;grid-template-columns:90px 1fr;margin-top:6px">{cells}</div>'


def _read_history(progress: dict[str, Any] | None) -> list[Sample]:
    """Return the samples; none of a driver of another version."""
    try:
        return msgspec.convert((progress or {}).get("history", []), list[Sample])
    except msgspec.ValidationError:
        return []


def _charts(history: list[Sample]) -> str:
    if len(history) < 2 or not history[-1].blocks:
        return ""  # a smoketest counts no blocks: three empty charts
    times = [sample.at for sample in history]
    reorgs = [after.at for before, after in itertools.pairwise(history) if after.reorgs > before.reorgs]
    charts = (
        Chart("event logs/s", _BLUE, times, [sample.logs_per_second for sample in history], "", reorgs),
        Chart("behind the head", _ORANGE, times, [sample.lag for sample in history], " blocks", reorgs),
        Chart("latency", _GREEN, times, [sample.latency_ms for sample in history], " ms", reorgs),
    )
    legend = ""
    if reorgs:
        legend = '<div style="font-size:11px;opacity:0.7">a dashed line marks a reorg</div>'
    return f"<div>{''.join(chart.to_svg() for chart in charts)}{legend}</div>"


def _failure(look: Look) -> str:
    if look.error is None or look.state != "failed":
        return ""
    hint = f"<br>what to do: {escape(look.error.hint)}" if look.error.hint else ""
    return (
        '<div style="margin-top:8px;border-left:3px solid #c9302c;padding-left:8px;white-space:pre-wrap">'
        f"error: {escape(str(look.error))}{hint}</div>"
    )

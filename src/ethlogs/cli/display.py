"""Progress on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import datetime
import sys
import time
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from ethlogs.cli.say import say
from ethlogs.counted import counted
from ethlogs.run.waiting import format_waiting, read_waiting

_LINE_SECONDS = 5.0
_LEAST_BYTES = 50_000
"""A line with less would say 0.0 MB."""
_WAITING_SECONDS = 15.0
"""Between two lines that say what a run waits for: minutes of them must not fill a log."""


class ProgressDisplay:
    """Shows progress.json: its notices once each, and how far the run is."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._shown_notice = (0, 0)
        self._line_at = time.monotonic()
        self._line = ""
        self._bar: Progress | None = None
        if sys.stderr.isatty() and not quiet:
            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rest]}"),
                console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self._task = self._bar.add_task("starting", total=None, rest="")

    def __enter__(self) -> ProgressDisplay:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def tell(self, text: str) -> None:
        """A message between the lines of progress."""
        self._print(text)

    def show(self, progress: dict[str, Any]) -> None:
        """Show a snapshot; see :meth:`ethlogs.run.journal.Journal.snapshot`."""
        for notice in progress.get("notices", ()):
            # each attempt counts its own
            number = (progress["attempt"], notice["number"])
            if number > self._shown_notice:
                self._shown_notice = number
                self._print(notice["text"])
        waiting = read_waiting(progress)
        if waiting is not None:
            self._show_waiting(format_waiting(waiting, time.time()))
        elif progress.get("firstBlock") is None:
            if self._bar:
                self._bar.update(self._task, description="starting", total=None, rest="")
        elif self._bar:
            self._update_bar(self._bar, progress)
        elif time.monotonic() - self._line_at >= _LINE_SECONDS:
            self._print_line(progress)

    def show_bytes(self, what: str, done: int, total: int | None) -> None:
        """Show how far a long step is that comes before the first block."""
        amount = f"{done / 1e6:,.1f} MB" if total is None else f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB"
        if self._bar:
            # Once it is done, nothing is known of the next step.
            more = {"total": None, "rest": ""} if done == total else {"total": total, "rest": amount}
            self._bar.update(self._task, description=what, completed=done, **more)
        elif done >= _LEAST_BYTES and time.monotonic() - self._line_at >= _LINE_SECONDS:
            self._line_at = time.monotonic()
            say(f"{what}: {amount}", self._quiet)

    def _show_waiting(self, text: str) -> None:
        if self._bar:
            self._bar.update(self._task, description=text, total=None, rest="")
        elif time.monotonic() - self._line_at >= _WAITING_SECONDS:
            self._line, self._line_at = text, time.monotonic()
            say(text, self._quiet)

    def _print(self, text: str) -> None:
        if self._bar:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            say(text, self._quiet)

    def _print_line(self, progress: dict[str, Any]) -> None:
        line = f"{_blocks(progress)} · {_rest(progress)}"
        if line != self._line:
            self._line, self._line_at = line, time.monotonic()
            say(line, self._quiet)

    def _update_bar(self, bar: Progress, progress: dict[str, Any]) -> None:
        total = _total(progress)
        bar.update(
            self._task,
            description=_blocks(progress),
            total=total,
            completed=min(_done(progress), total or _done(progress)),
            rest=_rest(progress),
        )


def _done(progress: dict[str, Any]) -> int:
    if progress.get("missingBlocks") is not None:
        return int(progress["blocks"])
    tip = progress.get("tip")
    # Below 0 where --allow-gap leaves out what follows the tip.
    return 0 if tip is None else max(0, int(tip) - int(progress["firstBlock"]) + 1)


def _total(progress: dict[str, Any]) -> int | None:
    last = progress.get("lastBlock")
    if progress.get("missingBlocks") is not None:
        return int(progress["blocks"]) + int(progress["missingBlocks"])
    # Not below 0, which --to below the tip would give.
    return None if last is None else max(0, int(last) - int(progress["firstBlock"]) + 1)


def _blocks(progress: dict[str, Any]) -> str:
    total = _total(progress)
    return f"{_done(progress):,} of {total:,} blocks" if total is not None else f"{_done(progress):,} blocks"


def _rest(progress: dict[str, Any]) -> str:
    if progress.get("missingBlocks") is not None:
        return _rest_of_backfill(progress)
    head, tip = progress.get("head"), progress.get("tip")
    lag = f" · {max(0, head - tip):,} behind the head" if head is not None and tip is not None else ""
    return f"{progress['logs']:,} event logs · {_rate(progress):,.0f}/s{lag}"


def _rate(progress: dict[str, Any]) -> float:
    """Return the rate of the last minute; verify knows only its mean."""
    return float((progress.get("recent") or progress)["logsPerSecond"])


def _rest_of_backfill(progress: dict[str, Any]) -> str:
    blocks, seconds, executors = progress["blocks"], progress["seconds"], progress.get("executors")
    parts = [f"{progress['logs']:,} event logs", f"{_rate(progress):,.0f}/s"]
    if executors is not None:
        parts.append(counted(executors, "executor"))
    if blocks and progress["missingBlocks"]:
        left = datetime.timedelta(seconds=round(progress["missingBlocks"] * seconds / blocks))
        parts.append(f"about {left} left")
    return " · ".join(parts)

"""A run in the hands of a program or a notebook."""

from __future__ import annotations

import time
from typing import Any

from ethlogs.notebook.live import live_display
from ethlogs.notebook.look import Look, Looking, Place, State
from ethlogs.notebook.picture import draw
from ethlogs.submission.run_note import RunNote

_POLL_SECONDS = 1.0


class Run:
    """One run of ``produce``, ``backfill`` or ``smoketest``, on this machine or on YARN.

    It only looks: the run goes through its end whatever becomes of this object, and :func:`ethlogs.attach`
    finds it again.
    """

    def __init__(self, note: RunNote, place: Place) -> None:
        self._note = note
        self._place = place
        self._seen: Look | None = None
        self._seen_at = 0.0

    @property
    def id(self) -> str:
        """The run's id."""
        return self._note.run

    @property
    def job(self) -> str:
        """``produce``, ``backfill`` or ``smoketest``."""
        return self._note.job

    @property
    def topic(self) -> str:
        """The event-log topic."""
        return self._note.topic

    @property
    def application(self) -> str | None:
        """The id of its YARN application; ``None`` for a run on this machine."""
        return self._place.application

    @property
    def state(self) -> State:
        """``waiting`` for a container, ``starting``, ``running``, ``done``, ``stopped`` or ``failed``."""
        return self._look().state

    @property
    def progress(self) -> dict[str, Any] | None:
        """The driver's newest progress.json, without notices and history; ``None`` before the first."""
        progress = self._look().progress
        hidden = ("notices", "history", "ledgerEnd", "slotEnds")
        return progress and {name: value for name, value in progress.items() if name not in hidden}

    @property
    def notices(self) -> list[str]:
        """What the driver said."""
        return [str(notice["text"]) for notice in (self._look().progress or {}).get("notices", ())]

    @property
    def history(self) -> list[dict[str, Any]]:
        """Samples of the whole run, oldest first, also of the time when nobody looked."""
        return list((self._look().progress or {}).get("history", ()))

    @property
    def report(self) -> dict[str, Any] | None:
        """The driver's report; ``None`` before the end, or where there is none."""
        return self._look().report

    def wait(self, timeout: float | None = None) -> State:
        """Wait for the end, for at most ``timeout`` seconds; returns the state.

        In Jupyter the run shows itself meanwhile. Interrupting the wait leaves the run alone.

        Raises
        ------
        EthlogsError
            When the run failed, as the command would: with what happened, and ``hint``, what to do.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._place.opened() as looking:
            show = live_display()
            while True:
                look = self._keep(looking)
                show(self._draw(look), repr(self))
                if look.error is not None and look.state == "failed":
                    raise look.error
                left = _POLL_SECONDS if deadline is None else min(_POLL_SECONDS, deadline - time.monotonic())
                if look.ended or left <= 0:
                    return look.state
                time.sleep(left)

    def stop(self, timeout: float = 60.0) -> State:
        """Ask the driver to end after the current block, and wait; returns the state.

        An application is killed after ``timeout`` seconds; a run on this machine is not.

        Raises
        ------
        EthlogsError
            When it cannot be asked, or does not end.
        """
        with self._place.opened() as looking:
            if not self._keep(looking).ended:
                looking.stop(timeout)
            return self._keep(looking).state

    def log(self) -> str:
        """Return the driver's output.

        Raises
        ------
        EthlogsError
            When YARN does not give it.
        """
        with self._place.opened() as looking:
            return looking.log()

    def _look(self) -> Look:
        seen = self._seen
        if seen is not None and (seen.ended or time.monotonic() - self._seen_at < self._place.fresh_seconds):
            return seen
        with self._place.opened() as looking:
            return self._keep(looking)

    def _keep(self, looking: Looking) -> Look:
        if self._seen is not None and self._seen.ended:
            return self._seen
        self._seen = looking.look()
        self._seen_at = time.monotonic()
        return self._seen

    def _draw(self, look: Look) -> str:
        return draw(self._note, self.application, look)

    def __repr__(self) -> str:
        """Show what was seen last, without another look."""
        state = self._seen.state if self._seen else "not looked at yet"
        where = self.application or "on this machine"
        return f"<Run {self.id}: {self.job} of {self.topic}, {where}, {state}>"

    def _repr_html_(self) -> str:
        """Show the run in a notebook."""
        return self._draw(self._look())

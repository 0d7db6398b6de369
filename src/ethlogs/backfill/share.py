"""The number of tasks that run at a time, and of the requests that each has under way."""

from __future__ import annotations

from dataclasses import dataclass

_REQUESTS = 4
"""Requests that a task has under way where no limit is given, and at most."""


@dataclass(frozen=True)
class Share:
    """The share of each task; all tasks of a run together have ``tasks`` times ``requests``."""

    tasks: int
    requests: int


def share_work(slots: int, cores: int | None, node_requests: int | None) -> Share:
    """Share the requests that are allowed among as many tasks as can run.

    All tasks may come to ask one URL, after a fail-over: so what is allowed for each URL is for all of them.
    A slot has one task at a time; ``cores`` is ``None`` where executors come and go.
    """
    limits = [limit for limit in (slots, cores, node_requests) if limit is not None]
    tasks = max(1, min(limits))
    if node_requests is None:
        return Share(tasks, _REQUESTS)
    return Share(tasks, max(1, min(_REQUESTS, node_requests // tasks)))

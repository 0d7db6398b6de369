"""The proof: what ``ethlogs verify`` says of the whole stream, and what a reader without its code counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.harness.commands import Command
from tests.harness.streams import (
    Stream,
    assert_exactly_once,
    assert_folds,
    assert_history_exactly_once,
    count_lost_and_doubled,
)


@dataclass(frozen=True)
class Verdict:
    """What is on Kafka at the end, under read_committed."""

    blocks: int
    logs: int
    lost: int
    doubled: int
    reorgs: int
    deepest_reorg: int
    problem: str | None
    """Why it is not proven."""

    @property
    def is_proven(self) -> bool:
        """Whether everything is there once, by both."""
        return not (self.lost or self.doubled or self.problem)


def examine(
    stream: Stream,
    node_url: str,
    first: int,
    last: int,
    folder: Path,
    *,
    backfilled: bool = False,
    proofs: Collection[str] = ("receipts",),
) -> Verdict:
    """Compare the stream with the node from the first block to the last."""
    newest = stream.newest_block()
    reorgs = newest.json["streamReorgs"] if newest else {"count": 0, "deepest": 0}
    followed = assert_folds if reorgs["count"] else partial(assert_exactly_once, proof=proofs)
    check = assert_history_exactly_once if backfilled else followed
    count = count_lost_and_doubled(stream, node_url, first, last)
    problems = [
        _check_independently(stream, node_url, first, last, check),
        _verify(stream, node_url, last - first + 1, folder),
    ]
    problem = "; ".join(text for text in problems if text) or None
    blocks = last - first + 1
    return Verdict(blocks, *count, reorgs["count"], reorgs["deepest"], problem)


def _check_independently(
    stream: Stream, node_url: str, first: int, last: int, check: Callable[[Stream, str, int, int], None]
) -> str | None:
    try:
        check(stream, node_url, first, last)
    except (AssertionError, KeyError) as exc:
        return f"a reader without ethlogs' code: {str(exc)[:300]}"
    return None


def _verify(stream: Stream, node_url: str, blocks: int, folder: Path) -> str | None:
    with Command(stream, node_url, folder, "--json", name="verify", where={}) as command:
        status = command.wait()
    lines = command.stdout.splitlines()
    if status != 0:
        return f"ethlogs verify ended with status {status}: {lines[:1] or command.stderr[-300:]}"
    summary = json.loads(lines[-1])
    if (summary["verdict"], summary["blocks"]) != ("proven", blocks):
        return f"ethlogs verify: {summary['verdict']}, {summary['blocks']} of {blocks} blocks"
    return None

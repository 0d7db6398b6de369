"""The journal of a run: notices, counts, and progress.json."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from ethlogs.backoff import keep_trying
from ethlogs.counted import counted
from ethlogs.errors import EthlogsError
from ethlogs.ledger import BlockRecord
from ethlogs.run.counts import Counts
from ethlogs.run.history import History, Sample
from ethlogs.run.recent import Recent
from ethlogs.run.report import Meter
from ethlogs.run.waiting import Waiting, longest

_NOTICES = 50
_CLOSE_SECONDS = 30.0
"""How long the end of a run waits for a snapshot that is being written: HDFS may hang."""


class Retrying(Protocol):
    """Something that counts how often it asked again."""

    retries: int


class Journal:
    """Thread-safe notices and a snapshot, given to ``write`` every ``write_seconds``."""

    def __init__(
        self,
        run: str,
        attempt: int,
        write: Callable[[dict[str, Any]], None],
        earlier: dict[str, Any] | None = None,
        write_seconds: float = 0.25,
    ) -> None:
        """``earlier`` is the last snapshot of an earlier attempt of this run."""
        self._run = run
        self._attempt = attempt
        self._write = write
        self._write_seconds = write_seconds
        self._lock = threading.Lock()
        self._write_lock = threading.Lock()
        """An older snapshot must not be written over a newer one."""
        self.started_at: float = (earlier or {}).get("startedAt") or time.time()
        """When the run's first attempt began, in seconds since 1970: --timeout counts from there."""
        self._notices: deque[dict[str, Any]] = deque(maxlen=_NOTICES)
        self._notice_number = 0
        self._retrying: list[tuple[str, Retrying]] = []
        self._find_waits: list[Callable[[], Waiting | None]] = []
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep_writing, name="progress", daemon=True)
        self.meter = Meter()
        self._history = History(_read_history(earlier))
        self.chain_id: int | None = None
        self.first_block: int | None = None
        self.last_block: int | None = None
        self.head: int | None = None
        self.tip: BlockRecord | None = None
        """The stream's tip as this attempt last read it."""
        self.ledger_end: int | None = (earlier or {}).get("ledgerEnd")
        """Where the ledger ended when this run's first attempt looked: a claim of another run from there
        on took the stream from it, an older one did not."""

        self.slot_ends: dict[int, int] | None = _read_slot_ends(earlier)
        """The same for each slot of the ledger, where the run is a backfill."""
        self.missing_blocks: int | None = None
        """How many heights a backfill still has to fill."""
        self.executors: int | None = None
        self.find_node_name: Callable[[], str] | None = None
        """Gives the node URL that is asked now, without secrets."""
        self.metrics_url: str | None = None
        """The URL at which this driver serves its metrics now."""

    def start(self) -> None:
        """Begin to write snapshots."""
        self._thread.start()

    def close(self) -> None:
        """Write the last snapshot."""
        self._closed.set()
        self._thread.join(_CLOSE_SECONDS)
        if not self._thread.is_alive():
            self._write_snapshot()

    def watch(self, source: Retrying, kind: str = "node") -> None:
        """Count the retries of ``source`` among the run's; ``kind`` names the service that it asks."""
        self._retrying.append((kind, source))

    def watch_waits(self, find: Callable[[], Waiting | None]) -> None:
        """Show what ``find`` says that the run waits for."""
        self._find_waits.append(find)

    @property
    def waiting(self) -> Waiting | None:
        """What the run has waited for the longest; ``None`` where it waits for nothing but blocks."""
        return longest(find() for find in self._find_waits)

    @property
    def has_begun(self) -> bool:
        """Whether this attempt of the run or an earlier one has read the ledger: node and Kafka answered."""
        return self.ledger_end is not None or self.slot_ends is not None

    @property
    def tip_number(self) -> int | None:
        """The stream's tip: the last block of this attempt, before that the one in the ledger."""
        last = self.meter.counters.last_block
        return self.tip.block_number if last is None and self.tip is not None else last

    @property
    def retries(self) -> int:
        """How often anything was asked or tried again."""
        return sum(self.retries_by_kind().values())

    def retries_by_kind(self) -> dict[str, int]:
        """Return the retries of Kafka, of nodes, and of the tasks of a backfill."""
        retries = {"kafka": self.meter.counters.retries, "node": 0}
        for kind, source in self._retrying:
            retries[kind] = retries.get(kind, 0) + source.retries
        return retries

    @property
    def node_name(self) -> str | None:
        """The node URL that is asked now; ``None`` before the first."""
        return None if self.find_node_name is None else self.find_node_name()

    def counts(self) -> Counts:
        """Every number of the run so far."""
        return self.meter.counts(self.retries)

    def notify(self, text: str) -> None:
        """Tell the user something that is not an error."""
        with self._lock:
            self._notice_number += 1
            self._notices.append({"number": self._notice_number, "text": text})
        logging.getLogger(__name__).info("%s", text)

    def keep_ledger_end(
        self, offset: int, patience_seconds: float = 0.0, pause: Callable[[float], None] = time.sleep
    ) -> int:
        """Remember, for later attempts too, where the ledger ended at the first look; returns that.

        Raises
        ------
        EthlogsError
            When the folder does not take it within the patience: a later attempt would take the stream back
            from who took it.
        """
        if self.ledger_end is None:
            self.ledger_end = offset
            keep_trying(self._write_now, patience_seconds, pause)
        return self.ledger_end

    def keep_slot_ends(
        self, ends: dict[int, int], patience_seconds: float, pause: Callable[[float], None]
    ) -> dict[int, int]:
        """Remember where each slot ended at the first look, as :meth:`keep_ledger_end` does; returns that."""
        if self.slot_ends is None:
            self.put_slot_ends(ends, patience_seconds, pause)
        return self.slot_ends or ends

    def put_slot_ends(
        self, ends: dict[int, int], patience_seconds: float, pause: Callable[[float], None]
    ) -> None:
        """Remember where each slot ended when the run had claimed it: a later claim is a newer run's."""
        self.slot_ends = ends
        keep_trying(self._write_now, patience_seconds, pause)

    def _write_now(self) -> None:
        with self._write_lock:
            self._write(self.snapshot())

    def begin(self, first: int, last: int | None, tip: BlockRecord | None, head: int | None) -> None:
        """Say which heights the run has and where it starts, once: the first line of a run."""
        done = tip is not None and last is not None and tip.block_number >= last
        if self.first_block is None and not done:
            self.notify(_describe_start(first, last, tip, head))
        self.first_block, self.last_block, self.head = first, last, head
        self.meter.begin_work()

    def begin_backfill(self, first: int, last: int, missing: int) -> None:
        """Say which heights a backfill has, and how many of them are missing."""
        self.first_block, self.last_block, self.missing_blocks = first, last, missing
        self.meter.begin_work()

    def snapshot(self) -> dict[str, Any]:
        """The content of progress.json."""
        counts, recent, at = self.counts(), self.meter.recent(), round(time.time(), 3)
        waiting = self.waiting
        with self._lock:
            notices = list(self._notices)
            self._history.add(self._sample(at, counts, recent))
            history = self._history.samples
        return {
            "run": self._run,
            "attempt": self._attempt,
            "startedAt": round(self.started_at, 3),
            "at": at,
            "firstBlock": self.first_block,
            "lastBlock": self.last_block,
            "head": self.head,
            "tip": self.tip_number,
            **msgspec.to_builtins(counts),
            "recent": msgspec.to_builtins(recent),
            "history": msgspec.to_builtins(history),
            "missingBlocks": self.missing_blocks,
            "executors": self.executors,
            "metricsUrl": self.metrics_url,
            "ledgerEnd": self.ledger_end,
            "waiting": msgspec.to_builtins(waiting),
            "slotEnds": self.slot_ends and {str(number): end for number, end in self.slot_ends.items()},
            "notices": notices,
        }

    def _sample(self, at: float, counts: Counts, recent: Recent) -> Sample:
        tip, latency = self.tip_number, recent.latency_ms
        return Sample(
            at=at,
            blocks=counts.blocks,
            logs=counts.logs,
            logs_per_second=recent.logs_per_second,
            latency_ms=None if latency is None else latency.p50,
            lag=None if tip is None or self.head is None else max(0, self.head - tip),
            reorgs=counts.reorgs,
        )

    def _keep_writing(self) -> None:
        while not self._closed.wait(self._write_seconds):
            self._write_snapshot()

    def _write_snapshot(self) -> None:
        """Write the folder's progress.json; the next snapshot may succeed where this one does not.

        A full disk, or an HDFS that is away or refuses its own token for a while, must not end a run.
        """
        try:
            self._write_now()
        except EthlogsError as exc:
            logging.getLogger(__name__).warning("%s", exc)


def _read_history(earlier: dict[str, Any] | None) -> list[Sample]:
    """Return the samples of the attempts before; none where another version wrote them."""
    try:
        return msgspec.convert((earlier or {}).get("history", []), list[Sample])
    except msgspec.ValidationError:
        return []


def _read_slot_ends(earlier: dict[str, Any] | None) -> dict[int, int] | None:
    found = (earlier or {}).get("slotEnds")
    return None if found is None else {int(number): int(end) for number, end in found.items()}


def _describe_start(first: int, last: int | None, tip: BlockRecord | None, head: int | None) -> str:
    end = ", no end set" if last is None else f" ({counted(last - first + 1, 'block')}, up to {last})"
    if tip is not None and first > tip.block_number + 1:
        gap = f"--allow-gap leaves out blocks {tip.block_number + 1} to {first - 1}"
        return f"starting at block {first} after tip {tip.block_number}{end}; {gap}"
    if tip is None:
        place = "" if head is None else f"; the head is block {head}"
        return f"starting at block {first}{end}{place}"
    following = max(first, tip.block_number + 1)
    behind = "" if head is None else f"; {counted(max(0, head - tip.block_number), 'block')} behind the head"
    return f"resuming at block {following} after tip {tip.block_number}{end}{behind}"

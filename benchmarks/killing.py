"""Executors of a backfill that are killed inside a transaction, each kill proven by the coordinator.

A kill counts where the coordinator still had the slot's transaction open behind it, and never committed it:
whoever wrote it was dead by then. The event-log topic would not show it, as the follower writes there too.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from kafka import KafkaAdminClient
from kafka.admin import TransactionDescription
from kafka.errors import TransactionalIdNotFoundError

from benchmarks.lab import say
from ethlogs.settings import StreamSettings
from tests.harness.executors import Executor

PAUSE_SECONDS = 20.0
"""An executor that was killed is back at work after some seconds."""
LOOK_SECONDS = 0.01
"""A slot's transaction is open for 0.3 s."""
END_SECONDS = 60.0
"""The coordinator ends a transaction of a slot by itself after 15 s, and looks for such ones every 10 s."""
OPEN = "Ongoing"
COMMITTED = ("PrepareCommit", "CompleteCommit")

Describe = Callable[[], dict[str, TransactionDescription]]
"""The state of each slot's transactional id."""


class SlotTransactions:
    """The transactions of a stream's slots, as their coordinator has them (KIP-664)."""

    def __init__(self, bootstrap: str, stream: StreamSettings, slots: int) -> None:
        self._ids = [stream.slot_id(slot) for slot in range(slots)]
        self._admin = KafkaAdminClient(bootstrap_servers=bootstrap)

    def describe(self) -> dict[str, TransactionDescription]:
        """Return the state of each slot; nothing before all of them were claimed."""
        try:
            found: dict[str, TransactionDescription] = self._admin.describe_transactions(self._ids)
        except TransactionalIdNotFoundError:
            return {}
        return found

    def close(self) -> None:
        """Let go of the connection."""
        self._admin.close()


@dataclass(frozen=True)
class Kill:
    """One kill, and what became of the transaction that was open before it."""

    is_inside: bool
    stood_seconds: float
    """How long the transaction was open behind the kill."""


def follow_to_end(describe: Describe, slot: str, seen: TransactionDescription) -> Kill:
    """Watch a transaction, whose writer is dead, until it is ended."""
    began = time.monotonic()
    was_open = False
    while time.monotonic() - began < END_SECONDS:
        now = describe()[slot]
        if now.state == OPEN and now.transaction_start_time_ms == seen.transaction_start_time_ms:
            was_open = True
            time.sleep(LOOK_SECONDS)
            continue
        is_inside = was_open and now.state not in COMMITTED
        return Kill(is_inside, time.monotonic() - began)
    raise SystemExit(f"bench: the transaction of {slot} is still open after {END_SECONDS:g} s")


def describe_kills(kills: Sequence[Kill]) -> str:
    """Return how many kills were inside a transaction, and how long those stood open."""
    inside = [kill for kill in kills if kill.is_inside]
    stood = ", ".join(f"{kill.stood_seconds:.1f}" for kill in inside)
    return (
        f"Of {len(kills)} kills (SIGKILL) {len(inside)} were inside a transaction of a slot; after the kill"
        f" these stood open for {stood} s."
    )


@dataclass
class ExecutorKiller:
    """Kills executors inside a transaction until so many kills are proven, on a thread while entered."""

    describe: Describe
    find_executors: Callable[[], list[Executor]]
    """Those that have Python workers now."""
    wanted: int
    pause_seconds: float = PAUSE_SECONDS
    kills: list[Kill] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="killer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        if self._error is not None and error is None:
            raise self._error

    @property
    def inside(self) -> list[Kill]:
        """The kills that are proven to have been inside a transaction."""
        return [kill for kill in self.kills if kill.is_inside]

    @property
    def is_done(self) -> bool:
        """Whether there is nothing more to kill, or nothing can be killed."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Wait until it is done."""
        self._thread.join()

    def _run(self) -> None:
        try:
            while len(self.inside) < self.wanted and not self._ended.wait(self.pause_seconds):
                self._kill_one()
        except BaseException as exc:  # noqa: BLE001 - raised where the context ends
            self._error = exc

    def _kill_one(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            executors = self.find_executors()
            found = self._wait_for_open() if executors else None
            if found is not None:
                self._kill(executors, *found)
                return

    def _wait_for_open(self) -> tuple[str, TransactionDescription] | None:
        """Return a transaction that is open; ``None`` after a while, as executors come and go."""
        until = time.monotonic() + 1.0
        while time.monotonic() < until and not self._ended.wait(LOOK_SECONDS):
            for slot, described in self.describe().items():
                if described.state == OPEN and described.topic_partitions:
                    return slot, described
        return None

    def _kill(self, executors: list[Executor], slot: str, seen: TransactionDescription) -> None:
        for executor in executors:
            executor.send(signal.SIGKILL)
        kill = follow_to_end(self.describe, slot, seen)
        self.kills.append(kill)
        where = "inside" if kill.is_inside else "not inside"
        say(f"   killed {where} a transaction of {slot}, which stood for {kill.stood_seconds:.1f} s")

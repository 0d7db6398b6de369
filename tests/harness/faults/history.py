"""The stage of history: one stream that is followed, and below it a backfill on executors of a real Spark."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from ethlogs.errors import ExitStatus
from ethlogs_devnet import GethNode
from tests.harness.commands import Command
from tests.harness.executors import Executor, find_executors
from tests.harness.faults.examine import Verdict, examine
from tests.harness.faults.stage import NODE_TIMEOUT_SECONDS, PATIENCE_SECONDS, Kafka, Setting, Stage
from tests.harness.running import wait_until
from tests.harness.slow_proxy import SlowProxy
from tests.harness.streams import Stream, create_stream

FIRST_FOLLOWED = 1_500
LAST_BLOCK = 2_000
"""The chain has at least these at the end."""
ALREADY_THERE = 1_520
SLOTS = 8
PART_BLOCKS = 256
"""Six parts: one turn of the slots each, so that a part is linked between others that are filled."""
BLOCK_SECONDS = 0.5
ANSWER_SECONDS = 0.3
"""Of the node, for executors alone: history would be filled before it could be struck."""
SOON_LOST = (
    *("--conf", "spark.network.timeout=8s", "--conf", "spark.executor.heartbeatInterval=1s"),
    *("--conf", "spark.network.timeoutInterval=1s"),
)
"""An executor that says nothing is lost after seconds instead of two minutes."""
START_SECONDS = 300.0
"""A guard: for several JVMs on a machine that does much else."""
MAY_END_WITH = (ExitStatus.SUBMISSION, ExitStatus.SUPERSEDED)
"""What a command ends with whose driver was killed, or which another one took over."""


class BackfillRun:
    """``ethlogs backfill`` as a user types it, and typed again whenever it has ended before its end."""

    def __init__(self, stream: Stream, node_url: str, folder: Path, executors: int) -> None:
        self._stream, self._node_url, self._folder = stream, node_url, folder
        self._executors = executors
        self._ended: list[Command] = []
        self.command = self._type()

    def _type(self, *flags: str) -> Command:
        flags += (*SOON_LOST, "--from", "1", "--to", str(FIRST_FOLLOWED - 1), "--confirmations", "1")
        flags += ("--master", f"local-cluster[{self._executors},1,512]", "--json")
        flags += ("--part-blocks", str(PART_BLOCKS))
        flags += ("--node-timeout", f"{NODE_TIMEOUT_SECONDS:g}", "--patience", f"{PATIENCE_SECONDS:g}")
        folder = self._folder / f"backfill-{len(self._ended)}"
        folder.mkdir(parents=True)
        return Command(
            self._stream, self._node_url, folder, *flags, name="backfill", limit_seconds=START_SECONDS
        )

    @property
    def is_running(self) -> bool:
        """Whether the command of now has not ended yet."""
        return self.command.process.poll() is None

    @property
    def is_done(self) -> bool:
        """Whether it has found nothing more to do."""
        return self.command.process.poll() == 0

    @property
    def told(self) -> list[str]:
        """What every command has said, a list of lines for each."""
        commands = [*self._ended, self.command]
        return [f"command {number}: {line}" for number, command in enumerate(commands, 1)
                for line in command.stderr.splitlines()]  # fmt: skip

    def find_executors(self) -> list[Executor]:
        """The executors that work now."""
        return find_executors(self.command) if self.is_at_work else []

    @property
    def is_at_work(self) -> bool:
        """Whether its driver is up."""
        return self.is_running and self.command.has_driver()

    def keep_running(self) -> None:
        """Type the command again where it was ended; what ends it for another reason is a defect."""
        status = self.command.process.poll()
        if status is None or status == ExitStatus.DONE:
            return
        if status not in MAY_END_WITH:
            raise AssertionError(f"the backfill ended with status {status}:\n{self.command.stderr}")
        self.type_again()

    def type_again(self, *flags: str) -> Command:
        """Start one more; returns the one before, which may still run."""
        before = self.command
        self._ended.append(before)
        self.command = self._type(*flags)
        return before

    def kill(self) -> None:
        """End all of them."""
        for command in (*self._ended, self.command):
            with command:
                pass

    @property
    def ends(self) -> list[str]:
        """The exit status of every command that has ended, and why."""
        ended = [*self._ended, self.command]
        return [
            f"{command.process.returncode}: {_last_line(command)}"
            for command in ended
            if command.process.poll() is not None
        ]


def _last_line(command: Command) -> str:
    lines = [line for line in command.stderr.splitlines() if not line.startswith("what to do")]
    return lines[-1] if lines else ""


class HistoryStage(Stage):
    """A stage whose run follows from the middle of a chain on, while a backfill fills what is below."""

    def __init__(self, folder: Path, kafka: Kafka, executors: int, setting: Setting) -> None:
        super().__init__(
            folder, kafka, setting, BLOCK_SECONDS, ALREADY_THERE, start=FIRST_FOLLOWED, lenient=True
        )
        self._executors = executors
        self._proxy = SlowProxy(ANSWER_SECONDS)
        self._backfill: BackfillRun | None = None

    def __enter__(self) -> Self:
        create_stream(self.stream, slots=SLOTS)
        super().__enter__()
        try:
            self.wait_for_blocks()
            self._stack.enter_context(self._proxy)
            self._proxy.upstream_port = _port_of(self.geth)
            url = f"http://127.0.0.1:{self._proxy.port}"
            self._backfill = BackfillRun(self.stream, url, self._folder, self._executors)
            self._stack.callback(self._backfill.kill)
        except BaseException:
            super().__exit__()
            raise
        return self

    @property
    def backfill(self) -> BackfillRun:
        """What fills history."""
        assert self._backfill is not None
        return self._backfill

    def _keep_running(self) -> bool:
        self.backfill.keep_running()
        return super()._keep_running()

    def end_backfill(self) -> None:
        """Let it fill what is left."""

        def is_done() -> bool:
            self._keep_running()
            return self.backfill.is_done

        wait_until(is_done, "history is filled", 4 * START_SECONDS)

    def end_run(self) -> int:
        """End when the chain is as long as it is to be."""
        wait_until(lambda: self._keep_running() and self.geth.height() >= LAST_BLOCK, "the chain is as long",
                   4 * START_SECONDS)  # fmt: skip
        return super().end_run()

    def examine(self, folder: Path) -> Verdict:
        """The proof of all of it."""
        return examine(self.stream, self.geth.url, 1, self.geth.height(), folder, backfilled=True)


def _port_of(node: GethNode) -> int:
    return int(node.url.rpartition(":")[2])

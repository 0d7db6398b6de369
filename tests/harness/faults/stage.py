"""The stage: a live chain, a broker, the ways to both that can fail, and a run on its own stream."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from kafka.errors import KafkaError

from ethlogs.settings import Proof, RunSettings
from ethlogs_devnet import SMALL_PLAN, GethNode, KafkaBroker, KafkaCluster, LiveHead, logs_in
from tests.harness.faults.peer import PeerNode
from tests.harness.faults.runs import CommandRun, DriverRun, Run
from tests.harness.lying_node import LyingNode
from tests.harness.running import another_run, build_settings, wait_until
from tests.harness.streams import Stream
from tests.harness.tcp_proxy import END_TXN, TcpProxy
from tests.unit.certificates import make_certificate

BLOCK_SECONDS = 0.25
NODE_TIMEOUT_SECONDS = 5.0
PATIENCE_SECONDS = 120.0
RECOVERY_SECONDS = 240.0
"""A guard; none of the faults needs as long."""
FIRST_BLOCKS = 5
PLAN = SMALL_PLAN * 3
PLAN_LOGS = logs_in(PLAN)
LENIENT_SECONDS = 10.0


@dataclass(frozen=True)
class Kafka:
    """A broker that every client reaches through a proxy, or several without one."""

    broker: KafkaBroker | KafkaCluster
    proxy: TcpProxy | None = None

    @property
    def one_broker(self) -> KafkaBroker:
        """The broker, where it is one alone."""
        assert isinstance(self.broker, KafkaBroker)
        return self.broker


@dataclass(frozen=True)
class Setting:
    """What stands between the run and the services."""

    lying: bool = False
    """The first node URL is one that can be made to lie."""
    tls: bool = False
    """That one speaks TLS."""
    two_nodes: bool = False
    pushing: bool = False
    """The nodes are asked over WebSocket and push new blocks; one that can lie is asked over HTTP."""
    spark: bool = False
    """The run is ``ethlogs produce`` with its JVM, and not the driver alone."""
    container: bool = False
    """The driver runs as in a container of YARN: a signal is not the user's."""
    proof: Proof = "receipts"
    """What the run asks for; with ``auto`` a block has the proof that the node gave then."""

    def fits_into(self, other: Setting) -> bool:
        """Whether what stands on this can stand on the other, too."""
        return (
            (self.spark, self.container) == (other.spark, other.container)
            and self.lying <= other.lying
            and (self.tls, self.proof) == (other.tls, other.proof)
            and self.two_nodes <= other.two_nodes
            and self.pushing <= other.pushing
        )


class Stage:
    """Services, and a run that follows the chain; leaving the context ends everything but the broker.

    A ``lenient`` one does not insist on what a fault waits for: with two at a time it may never come about.
    ``geth`` is a running node with the genesis block alone, which stays; else the stage starts one.
    """

    def __init__(
        self,
        folder: Path,
        kafka: Kafka,
        setting: Setting,
        block_seconds: float = BLOCK_SECONDS,
        first_blocks: int = FIRST_BLOCKS,
        *,
        start: int = 1,
        runs: Path | None = None,
        lenient: bool = False,
        geth: GethNode | None = None,
    ) -> None:
        self.kafka = kafka
        self.setting = setting
        self.stream = Stream(kafka.broker.bootstrap, f"faults-{secrets.token_hex(4)}")
        self.geth = geth or GethNode(folder / "geth")
        self.head = LiveHead(self.geth, block_seconds, PLAN)
        self._folder = folder
        self._runs = runs or folder / "runs"
        self._first_blocks = first_blocks
        self._start = start
        self._lenient = lenient
        self._ca_file: str | None = None
        self._salt = 0
        self._quiet = 0
        self._peer: PeerNode | None = None
        self._liar: LyingNode | None = None
        self._run: Run | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with self._stack:
            if self.geth.pid is None:
                self._stack.enter_context(self.geth)
            for _ in range(self._first_blocks):
                self.geth.commit_block(PLAN)
            if self.setting.lying:
                self._liar = self._stack.enter_context(LyingNode(self.geth.url, self._make_certificate()))
            if self.setting.two_nodes:
                self._peer = self._stack.enter_context(PeerNode(self._folder / "peer", self.geth))
            self._stack.callback(self._kill_run)
            self._stack.enter_context(self.head)
            self._run = self._start_run()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.geth.thaw()
        self._stack.close()

    @property
    def run(self) -> Run:
        """The run that has the stream."""
        assert self._run is not None
        return self._run

    @property
    def driver(self) -> DriverRun:
        """The same, where it is the driver alone."""
        assert isinstance(self._run, DriverRun)
        return self._run

    @property
    def command(self) -> CommandRun:
        """The same, where it is the whole command."""
        assert isinstance(self._run, CommandRun)
        return self._run

    @property
    def liar(self) -> LyingNode:
        """The first node URL, where it can lie."""
        assert self._liar is not None
        return self._liar

    @property
    def peer(self) -> PeerNode:
        """The second node."""
        assert self._peer is not None
        return self._peer

    @property
    def node_urls(self) -> list[str]:
        """What the run is given."""
        first = self._liar.url if self._liar else self._url_of(self.geth)
        return [first, self._url_of(self._peer.geth)] if self._peer else [first]

    def _url_of(self, geth: GethNode) -> str:
        return geth.ws_url if self.setting.pushing else geth.url

    def _make_certificate(self) -> Path | None:
        """The first node's certificate and key, where it speaks TLS."""
        if not self.setting.tls:
            return None
        both, ca_file = make_certificate(self._folder)
        self._ca_file = str(ca_file)
        return both

    def _build_settings(self) -> RunSettings:
        """Settings of a run from its first block, without end."""
        return build_settings(
            self.stream,
            *self.node_urls,
            start=str(self._start),
            node_timeout=NODE_TIMEOUT_SECONDS,
            patience=PATIENCE_SECONDS,
            kafka_patience=PATIENCE_SECONDS,
            timeout=24 * 3600.0,
            ca_file=self._ca_file,
            proof=self.setting.proof,
        )

    def _start_run(self) -> Run:
        settings = self._build_settings()
        if self.setting.spark:
            return CommandRun(settings, self.stream, self._runs)
        return DriverRun(settings, self._runs, in_container=self.setting.container)

    def start_rival(self) -> DriverRun:
        """Start another run on the same stream."""
        rival = DriverRun(another_run(self.driver.settings, take_over=True), self._runs)
        self._stack.callback(rival.kill)
        return rival

    def _kill_run(self) -> None:
        if self._run is not None:
            self._run.kill()

    def replace_run(self, run: Run) -> None:
        """Another run has the stream now."""
        self._run = run

    # ---------------------------------------------------------------- what faults need

    def hold(self, seconds: float) -> None:
        """Let the fault last."""
        time.sleep(seconds)

    def wait_for(self, condition: Callable[[], Any], what: str) -> None:
        """Wait for what the fault depends on; a run that has ended does not bring it about any more."""
        deadline = time.monotonic() + LENIENT_SECONDS
        wait_until(
            lambda: condition() or not self.run.is_running or (self._lenient and time.monotonic() > deadline),
            what,
            RECOVERY_SECONDS,
        )

    def reorg(self, depth: int) -> None:
        """Orphan the newest ``depth`` blocks of the stream, or one more that it commits meanwhile.

        A node that does not run comes back on the other branch.
        """
        with self.quiet_chain():
            tip = self.run.tip
            if self.geth.pid is not None:
                self.geth.reorg(self.geth.height() - tip + depth, self.new_salt(), PLAN)
                return
            with GethNode(self.geth.state_dir) as hidden:
                hidden.reorg_by_rewind(hidden.height() - tip + depth, self.new_salt(), PLAN)

    def new_salt(self) -> int:
        """For a branch that is like no other one."""
        self._salt += 1
        return self._salt

    @contextmanager
    def quiet_chain(self) -> Iterator[None]:
        """No block is added meanwhile."""
        self._quiet += 1
        self.head.stop()
        try:
            yield
        finally:
            self._quiet -= 1
            if not self._quiet:
                self.head.start()

    def heal(self) -> None:
        """End whatever fault was interrupted."""
        broker = self.kafka.broker
        if self.kafka.proxy is not None:
            self.kafka.proxy.lose_answer(END_TXN, 0)
        if self._liar is not None:
            self._liar.be_honest()
        for service in (broker, self.geth):
            service.thaw()
            if service.pid is None:
                service.start()

    def let_it_catch_up(self) -> None:
        """Wait until the stream's tip is the head of a chain that stands still."""
        wait_until(
            lambda: self._keep_running() and self._is_caught_up(),
            "the stream has caught up",
            RECOVERY_SECONDS,
        )

    # ---------------------------------------------------------------- beginning and end

    def wait_for_blocks(self, count: int = 3) -> None:
        """Wait until the run has committed some more."""
        goal = max(self.run.tip, self._first_blocks) + count

        def is_there() -> bool:
            assert self.run.is_running, f"the run has ended: {self.run.told[-1]}"
            return self.run.tip >= goal

        wait_until(is_there, f"block {goal} is committed", RECOVERY_SECONDS)

    def recover(self) -> float:
        """Seconds until a block is committed; a run that has ended is started again."""
        began = time.monotonic()
        wait_until(lambda: self.committed() is not None, "Kafka can tell where the stream is")
        before = self.committed()
        wait_until(
            lambda: self._keep_running() and self.committed() not in (None, before),
            f"a block is committed; the run has said: {self.run.told[-1:]}",
            RECOVERY_SECONDS,
        )
        return time.monotonic() - began

    def end_run(self) -> int:
        """Let the run catch up with the chain, and end it gently; returns its exit status."""
        self.head.stop()
        self.let_it_catch_up()
        self.run.ask_to_end()
        return self.run.wait()

    def _keep_running(self) -> bool:
        if not self.run.is_running:
            self.run.go_on()
        return True

    def committed(self) -> int | None:
        """The ledger's offset of the newest block; ``None`` while Kafka cannot tell."""
        with suppress(KafkaError):
            newest = self.stream.newest_block()
            return newest.offset if newest else None
        return None

    def _is_caught_up(self) -> bool:
        with suppress(KafkaError):
            newest = self.stream.newest_block()
            return newest is not None and newest.json["blockHash"] == self.geth.block_hash(self.geth.height())
        return False

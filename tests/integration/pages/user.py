"""A user of one machine, and what the pages' names are for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from web3 import Web3

from ethlogs.run.command import note_command
from ethlogs.run.folder import new_run_id
from ethlogs_devnet import GethNode
from tests.harness.pages import Shell
from tests.harness.running import RunInProcess, RunInThread, build_settings, wait_until
from tests.harness.streams import Stream, ask

NODE, BROKER, TOPIC = "http://geth:8545", "kafka:9092", "eth_eventlogs"
"""Names of the pages."""
USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
TRANSFER = Web3.to_hex(Web3.keccak(text="Transfer(address,address,uint256)"))


@dataclass(frozen=True)
class User:
    """Somebody with a shell, a node, a Kafka and a stream, whose settings are in the environment."""

    shell: Shell
    stream: Stream
    node: GethNode

    @property
    def addresses(self) -> dict[str, str]:
        """What the pages' addresses are here."""
        return {NODE: self.node.url, BROKER: self.stream.bootstrap}

    def of(self, suffix: str) -> Stream:
        """Another stream of the user."""
        return replace(self.stream, topic=self.stream.topic + suffix)

    def have(self, last: int) -> None:
        """Have blocks 1 to ``last`` on Kafka, by a run without Spark."""
        settings = build_settings(self.stream, self.node.url, start="1", to=last, proof="auto")
        with RunInThread(settings) as running:
            running.wait().assert_done()

    @contextmanager
    def following(self) -> Iterator[None]:
        """Have a run without an end that has committed some blocks, and that ``ethlogs stop`` finds."""
        settings = build_settings(self.stream, self.node.url, start="1", proof="auto")
        settings = replace(settings, run=new_run_id())
        running = RunInProcess(settings, self.shell.home / ".local/state/ethlogs/runs")
        note_command(running.folder, settings)
        with running.start(), self.stream.watching() as tip:
            wait_until(lambda: tip() >= 3, "blocks are on Kafka")
            yield

    def find_token(self) -> str:
        """A contract with transfers in the newest blocks."""
        wanted = {"fromBlock": "0x8", "toBlock": "latest", "topics": [TRANSFER]}
        return Web3.to_checksum_address(ask(self.node.url, "eth_getLogs", wanted)[0]["address"])

    def run_python(self, program: str) -> str:
        """Run a program of a page; what it printed."""
        (self.shell.folder / "program.py").write_text(program)
        return self.shell.run("python program.py").stdout

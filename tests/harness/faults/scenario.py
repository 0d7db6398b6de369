"""One fault, played: a run follows a live chain, the fault strikes and heals, the run recovers, the proof."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ethlogs_devnet import GethNode
from tests.harness.faults.examine import Verdict, examine
from tests.harness.faults.fault import Fault, nothing
from tests.harness.faults.stage import Kafka, Stage
from tests.harness.tcp_proxy import proxied_broker

REORG_DEPTH = 2


@dataclass(frozen=True)
class Played:
    """How it went."""

    seconds: float
    """From the fault's end to the first block that was committed afterwards."""
    told: list[str]
    """What the run's user was shown from the fault on."""
    needed: list[str]
    """What was done where the run had ended."""
    verdict: Verdict


@contextmanager
def open_kafka(folder: Path) -> Iterator[Kafka]:
    """A broker for one play after the other."""
    with proxied_broker(folder / "kafka") as (broker, proxy):
        yield Kafka(broker, proxy)


def play(
    fault: Fault,
    kafka: Kafka,
    folder: Path,
    *,
    reorg: bool = False,
    runs: Path | None = None,
    geth: GethNode | None = None,
) -> Played:
    """Play a fault; with ``reorg`` the stream's newest blocks are orphaned while it lasts.

    ``runs`` is where the run's folder is made, within ``folder`` by default; ``geth`` is the stage's.
    """
    folder.mkdir(parents=True)
    with Stage(folder, kafka, fault.setting, runs=runs, geth=geth) as stage:
        stage.wait_for_blocks()
        before = len(stage.run.told)
        fault.strike(stage, (lambda: stage.reorg(REORG_DEPTH)) if reorg else nothing)
        seconds = stage.recover()
        stage.wait_for_blocks()
        told, needed = shorten(stage.run.told[before:], stage.node_urls), list(stage.run.needed)
        status = stage.end_run()
        proofs = ("block", "receipts") if fault.setting.proof == "auto" else (fault.setting.proof,)
        verdict = examine(
            stage.stream, stage.geth.url, 1, stage.geth.height(), folder / "verify", proofs=proofs
        )
    assert status == 143, f"asked to end, the run ended with status {status}: {stage.run.told[-1]}"
    if reorg or not fault.takes_reorg:
        assert verdict.reorgs, "no reorg has struck the stream"
    return Played(seconds, told, needed, verdict)


_SHORTER = (
    (re.compile(r"(http|ws)://127\.0\.0\.1:\d+"), r"\1://node"),
    (re.compile(r"127\.0\.0\.1:\d+"), "kafka:9092"),
    (re.compile(r"(0x[0-9a-f]{4})[0-9a-f]{60}"), r"\1…"),
    (re.compile(r"run-[0-9a-f]{8}"), "run-…"),
    (re.compile(r"/\S+/(\w[\w.-]*)"), r"…/\1"),
)
# Without Spark the first says nothing; the others are of a stage with one broker.
_OF_THE_HARNESS = re.compile("the driver is up|the topic .* has replication factor 1")


def shorten(told: Sequence[str], node_urls: Sequence[str]) -> list[str]:
    """What a user was shown, without what is only of this machine."""
    shorter = []
    for text in told:
        if _OF_THE_HARNESS.match(text):
            continue
        for number, url in enumerate(node_urls, 1):
            text = text.replace(url, f"{url.partition(':')[0]}://node{number}")
        for pattern, short in _SHORTER:
            text = pattern.sub(short, text)
        shorter.append(text)
    return shorter

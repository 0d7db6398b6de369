"""Ethlogs with each proof, its earlier road, and other programs, on the same geth, Kafka and chain."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks import notebook
from benchmarks.contest import Contest, Contestant, Outcome
from benchmarks.lab import Lab, create_topic, start
from benchmarks.peer_setup import EARLIER, earlier_environment, find_ethereum_etl, find_subsquid
from ethlogs.settings import Proof
from ethlogs_devnet import DEFAULT_PLAN
from ethlogs_devnet.geth.plans import logs_in

PROOFS: tuple[Proof, ...] = ("auto", "block", "receipts")
"""``auto`` proves whole blocks here: the node has the debug methods."""
REFERENCE = "--proof auto"
ETL_TOPIC = "logs"
"""ethereum-etl has no setting for it."""


def list_contestants(lab: Lab, blocks: int, notebook_blocks: int) -> list[Contestant]:
    """Return all of them, in the order of the table."""
    logs = blocks * logs_in(DEFAULT_PLAN)
    ours = [Contestant(f"--proof {proof}", partial(_run_ethlogs, lab, blocks, proof)) for proof in PROOFS]
    return [
        *ours,
        Contestant(f"{EARLIER}, --proof receipts", partial(_run_earlier, lab, blocks)),
        Contestant("subsquid evm-processor, kafkajs", partial(_run_subsquid, lab, blocks)),
        Contestant("ethereum-etl stream", partial(_run_ethereum_etl, lab, logs)),
        Contestant(
            f"web3.py, a receipt for each transaction ({notebook_blocks} blocks)",
            partial(_run_notebook, lab, notebook_blocks),
        ),
    ]


def _run_ethlogs(lab: Lab, blocks: int, proof: str, environment: Mapping[str, str] | None = None) -> Outcome:
    topic = lab.new_topic()
    command = [sys.executable, "-m", "ethlogs", "produce", "--topic", topic, "--json", "--quiet"]
    command += ["--run-dir", str(lab.folder / "runs"), "--start", "1", "--blocks", str(blocks)]
    return _contest(lab, topic, [*command, "--proof", proof], blocks, environment or {}, on_spark=True)


def _run_earlier(lab: Lab, blocks: int) -> Outcome:
    return _run_ethlogs(lab, blocks, "receipts", earlier_environment())


def _run_subsquid(lab: Lab, blocks: int) -> Outcome:
    topic = lab.new_topic()
    command = ["node", str(find_subsquid()), lab.net.geth.url, lab.bootstrap, topic, str(blocks)]
    return _contest(lab, topic, command, blocks)


def _run_notebook(lab: Lab, blocks: int) -> Outcome:
    topic = lab.new_topic()
    command = [sys.executable, notebook.__file__, lab.net.geth.url, lab.bootstrap, topic, str(blocks)]
    return _contest(lab, topic, command, blocks)


def _run_ethereum_etl(lab: Lab, logs: int) -> Outcome:
    """Run ``ethereumetl stream`` over the whole chain; it is ended when all records have arrived."""
    program = find_ethereum_etl()
    create_topic(lab.bootstrap, ETL_TOPIC)
    command = [str(program), "stream", "--provider-uri", lab.net.geth.url, "--start-block", "1"]
    command += ["--output", f"kafka/{lab.bootstrap}", "--entity-types", "log"]
    command += ["-B", "100", "-b", "100", "-w", "5", "--period-seconds", "1"]
    with _running(lab, command, {}) as process:
        return Contest(lab, ETL_TOPIC, process, on_spark=False).watch(logs, ends=False)


def _contest(
    lab: Lab,
    topic: str,
    command: Sequence[str],
    blocks: int,
    environment: Mapping[str, str] | None = None,
    *,
    on_spark: bool = False,
) -> Outcome:
    create_topic(lab.bootstrap, topic)
    with _running(lab, command, environment or {}) as process:
        contest = Contest(lab, topic, process, on_spark=on_spark)
        return contest.watch(blocks * logs_in(DEFAULT_PLAN), ends=True)


@contextmanager
def _running(
    lab: Lab, command: Sequence[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in a new folder, where its output is kept, and end it if it still runs."""
    folder: Path = lab.folder / lab.new_topic()
    folder.mkdir()
    env = {**os.environ, **lab.net.environment(), **environment}
    with (folder / "log").open("wb") as log:
        process = start(command, cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(30)

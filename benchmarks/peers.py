"""Other programs that do part of the job, on the same geth, Kafka and chain."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hexbytes import HexBytes
from kafka import KafkaProducer
from web3 import Web3

from benchmarks.lab import Lab, RecordCounter, create_topic, say, start
from ethlogs_devnet.cache import building_folder, cache_folder, locked

ETL = "ethereum-etl==2.4.2"
ETL_REQUIREMENTS = (
    ETL,
    "kafka-python==2.0.2",
    "parsimonious==0.8.1",
    "setuptools<81",
    "timeout-decorator==0.4.1",
)
ETL_TOPIC = "logs"
"""ethereum-etl has no setting for it."""
ETL_SECONDS = 600.0


class PeerMissing(Exception):  # noqa: N818 - no error: the table says why the row is empty
    """A peer cannot run here; the message says why."""


@dataclass(frozen=True)
class PeerRun:
    """What a peer reached."""

    logs: int
    wall_seconds: float
    """From its start to its last record on Kafka."""
    producing_seconds: float
    """From its first record on Kafka to its last."""


def run_ethereum_etl(lab: Lab, logs: int) -> PeerRun:
    """``ethereumetl stream`` over the whole chain.

    It never ends by itself: it is ended when ``logs`` records have arrived.

    Raises
    ------
    PeerMissing
        Where there is no Python 3.10, or it cannot be installed, or it did not get ready in time.
    """
    program = find_ethereum_etl()
    create_topic(lab.bootstrap, ETL_TOPIC)
    folder = lab.folder / lab.new_topic()
    folder.mkdir()
    command = [str(program), "stream", "--provider-uri", lab.net.geth.url, "--start-block", "1"]
    command += ["--output", f"kafka/{lab.bootstrap}", "--entity-types", "log"]
    command += ["-B", "100", "-b", "100", "-w", "5", "--period-seconds", "1"]
    with _counting(lab.bootstrap, ETL_TOPIC) as counter, (folder / "log").open("wb") as log:
        before = counter.count()
        began = time.monotonic()
        process = start(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            return _wait_for_records(counter, before, logs, began, process)
        finally:
            process.terminate()
            process.wait(30)


def run_notebook(lab: Lab, blocks: int) -> PeerRun:
    """The way of a first notebook: a receipt for each transaction, a record for each event log."""
    web3, topic = Web3(Web3.HTTPProvider(lab.net.geth.url)), lab.new_topic()
    create_topic(lab.bootstrap, topic)
    logs, began = 0, time.monotonic()
    producer = KafkaProducer(bootstrap_servers=lab.bootstrap)
    for height in range(1, blocks + 1):
        transactions: Any = web3.eth.get_block(height)["transactions"]
        for transaction in transactions:
            for log in web3.eth.get_transaction_receipt(transaction)["logs"]:
                producer.send(topic, json.dumps(dict(log), default=_to_json).encode())
                logs += 1
    producer.flush()
    producer.close()
    seconds = time.monotonic() - began
    return PeerRun(logs, seconds, seconds)


def find_ethereum_etl() -> Path:
    """ethereum-etl in a separate virtual environment, made once in the devnet's cache."""
    python = _find_python310()
    folder = cache_folder() / "peers" / ETL.replace("==", "-")
    if not folder.exists():
        with locked("peers"):
            if not folder.exists():
                _install(python, folder)
    return folder / "run"


def _install(python: str, folder: Path) -> None:
    say(f"installing {ETL} for Python 3.10, once")
    with building_folder(folder) as building:
        for command in (
            [python, "-m", "venv", str(building)],
            [str(building / "bin" / "pip"), "install", "--quiet", *ETL_REQUIREMENTS],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise PeerMissing(f"it cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
        # Not bin/ethereumetl: its first line names the folder in which it was built.
        wrapper = building / "run"
        wrapper.write_text('#!/bin/sh\nexec "$(dirname "$0")/bin/python" -m ethereumetl "$@"\n')
        wrapper.chmod(0o755)


def _find_python310() -> str:
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob("3.10*/bin/python"))
    for candidate in [shutil.which("python3.10"), *map(str, pyenv)]:
        if candidate and _is_python310(candidate):
            return candidate
    raise PeerMissing("it needs Python 3.10, which is not installed")


def _is_python310(candidate: str) -> bool:
    code = "import sys, venv; sys.exit(sys.version_info[:2] != (3, 10))"
    return subprocess.run([candidate, "-c", code], capture_output=True, check=False).returncode == 0


@contextmanager
def _counting(bootstrap: str, topic: str) -> Iterator[RecordCounter]:
    counter = RecordCounter(bootstrap, topic)
    try:
        yield counter
    finally:
        counter.close()


def _wait_for_records(
    counter: RecordCounter, before: int, logs: int, began: float, process: subprocess.Popen[bytes]
) -> PeerRun:
    first_at = None
    while True:
        now = time.monotonic()
        arrived = counter.count() - before
        if arrived and first_at is None:
            first_at = now
        if first_at is not None and arrived >= logs:
            return PeerRun(arrived, now - began, now - first_at)
        if process.poll() is not None:
            raise PeerMissing(f"it ended with status {process.returncode} after {arrived} of {logs} records")
        if now - began > ETL_SECONDS:
            raise PeerMissing(f"{arrived} of {logs} records had arrived after {ETL_SECONDS:.0f} s")
        time.sleep(0.05)


def _to_json(value: object) -> object:
    if isinstance(value, bytes):
        return HexBytes(value).to_0x_hex()
    raise TypeError(type(value).__name__)

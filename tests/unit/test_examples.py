"""The examples for consumers: killed in the middle of a step, each ends with one chain's event logs."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from tests.unit.example_on_history import make_history
from tests.unit.fold.histories import History

ROOT = Path(__file__).parents[2]
SQLITE, ICEBERG, PARQUET = "fold_consumer.py", "iceberg_table.py", "parquet_finalized.py"
SEED, EARLY, LATE = 3, 8, 20

Places = list[tuple[str, int]]


def start(
    example: str, result: Path, acts: int, *options: str, state: str = "whole", moment: str = "-"
) -> subprocess.CompletedProcess[str]:
    """Run an example over a made-up stream."""
    program = str(ROOT / "examples" / example)
    command = [sys.executable, "-m", "tests.unit.example_on_history", str(SEED), str(acts), state, moment]
    return subprocess.run(
        [*command, program, str(result), *options], cwd=ROOT, capture_output=True, text=True, check=False
    )


def read_sqlite(path: Path) -> Places:
    with closing(sqlite3.connect(path)) as database:
        return sorted(database.execute("SELECT block_hash, log_index FROM event_logs"))


def read_iceberg(folder: Path) -> Places:
    with closing(SqlCatalog("local", uri=f"sqlite:///{folder}/catalog.db")) as catalog:
        rows = catalog.load_table("chain.event_logs").scan().to_arrow().to_pylist()
    return sorted((row["blockHash"], row["logIndex"]) for row in rows)


def read_parquet(folder: Path) -> Places:
    rows = [row for file in folder.glob("*.parquet") for row in pq.read_table(file).to_pylist()]
    return sorted((row["blockHash"], row["logIndex"]) for row in rows)


def live(history: History) -> Places:
    return sorted((block, index * 3) for block, index in history.live())


def finalized(history: History) -> Places:
    """What no reorg can take back; blocks of the past are final as they come."""
    blocks = [block for block in history.chain if block.number <= history.finalized]
    return sorted(
        (block.hash, index * 3) for block in (*blocks, *history.backfilled) for index in range(block.logs)
    )


EXAMPLES: dict[str, tuple[tuple[str, ...], Callable[[Path], Places], Callable[[History], Places]]] = {
    # Between the rows and the position of one transaction.
    SQLITE: (("ethlogs.fold:Position.to_json",), read_sqlite, live),
    # With the orphans' rows gone and the new ones not there yet.
    ICEBERG: (("pyiceberg.table:Transaction.delete",), read_iceberg, live),
    # With a whole file under its other name; behind the new name.
    PARQUET: (("pyarrow.parquet:write_table", "pathlib:Path.rename"), read_parquet, finalized),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_that_is_killed_in_the_middle_of_a_step_ends_with_the_chain_also_of_a_compacted_ledger(
    example: str, tmp_path: Path
) -> None:
    moments, read, expect = EXAMPLES[example]
    result = tmp_path / "result"
    first = start(example, result, EARLY)
    assert first.returncode == 0, first.stderr
    early = expect(make_history(SEED, EARLY, "whole"))
    assert read(result) == early != []
    for moment in moments:
        killed = start(example, result, LATE, state="compacted", moment=moment)
        assert killed.returncode == -signal.SIGKILL, f"{moment}: {killed.stderr}"
    last = start(example, result, LATE, state="compacted")
    assert last.returncode == 0, last.stderr
    late = expect(make_history(SEED, LATE, "compacted"))
    assert read(result) == late
    assert last.stdout.splitlines()[-1].startswith(f"{len(late)} event logs in ")
    assert example == PARQUET or set(early) - set(late), "reorgs took some of the early event logs back"


@pytest.mark.parametrize("example", [SQLITE, PARQUET])
def test_event_logs_that_retention_deleted_are_an_error_with_the_block_and_the_fix(
    example: str, tmp_path: Path
) -> None:
    done = start(example, tmp_path / "result", LATE, state="expired")
    assert done.returncode == 7
    assert "error: by the ledger, block 1" in done.stderr
    assert "fix: the topic's retention" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_decoded_has_columns_of_its_own(tmp_path: Path) -> None:
    assert start(PARQUET, tmp_path / "result", EARLY).returncode == 0
    rows = [row for file in (tmp_path / "result").glob("*") for row in pq.read_table(file).to_pylist()]
    found = {(row["logIndex"], row["event"], tuple(row["args"] or ())) for row in rows}
    assert (0, None, ()) in found
    assert (3, "Named", (("id", "7"), ("list", '["a", "b"]'))) in found

"""docs/faults.md, from what the matrix has played."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.harness.faults.catalogue import LEFT_OUT, LONG
from tests.harness.faults.fault import Fault
from tests.harness.faults.scenario import REORG_DEPTH, Played
from tests.harness.faults.stage import BLOCK_SECONDS, NODE_TIMEOUT_SECONDS, PATIENCE_SECONDS, PLAN_LOGS

TEMPLATE = Path(__file__).with_name("page.md")
_MOST_SENTENCES = 4


@dataclass(frozen=True)
class Result:
    """A play that ended, or why it did not."""

    played: Played | None
    failure: str | None = None

    @property
    def is_good(self) -> bool:
        """Nothing lost, nothing duplicated, proven, and the run recovered."""
        return self.played is not None and self.played.verdict.is_proven

    def cells(self) -> list[str]:
        """Seconds to recover, lost, duplicated."""
        if self.played is None:
            return ["**failed**", "?", "?"]
        verdict = self.played.verdict
        return [f"{self.played.seconds:.1f}", str(verdict.lost), str(verdict.doubled)]


@dataclass(frozen=True)
class Row:
    """One fault: played by itself, and with a reorg meanwhile where it takes one."""

    fault: Fault
    alone: Result
    reorged: Result | None

    @property
    def results(self) -> list[Result]:
        """Both, or the one."""
        return [result for result in (self.alone, self.reorged) if result is not None]


def format_row(row: Row) -> str:
    """A line of the table."""
    reorged = row.reorged.cells() if row.reorged else ["", "", ""]
    return f"| {' | '.join([row.fault.name, _seen(row.alone), *row.alone.cells(), *reorged])} |"


def format_problems(rows: Sequence[Row]) -> list[str]:
    """A sentence for each play that is not good."""
    found = []
    for row in rows:
        for result in row.results:
            if not result.is_good:
                why = (
                    result.failure
                    or (result.played and result.played.verdict.problem)
                    or "lost or duplicated"
                )
                found.append(f"{row.fault.name}{'' if result is row.alone else ', with a reorg'}: {why}")
    return found


def build_page(rows: Sequence[Row]) -> str:
    """The whole page."""
    return TEMPLATE.read_text().format(
        sum=_sum_up(rows),
        cores=os.cpu_count(),
        machine=platform.machine(),
        logs=PLAN_LOGS,
        block_seconds=BLOCK_SECONDS,
        node_timeout=NODE_TIMEOUT_SECONDS,
        patience=PATIENCE_SECONDS,
        depth=REORG_DEPTH,
        tables=_tables(rows),
        long=_list(LONG),
        left_out=_list(LEFT_OUT),
    )


def _sum_up(rows: Sequence[Row]) -> str:
    plays = [result.played for row in rows for result in row.results if result.played]
    verdicts = [played.verdict for played in plays]
    problems = format_problems(rows)
    text = (
        f"{len(rows)} faults, {sum(len(row.results) for row in rows)} plays:"
        f" {sum(v.blocks for v in verdicts):,} blocks with {sum(v.logs for v in verdicts):,} event logs,"
        f" {sum(v.reorgs for v in verdicts)} reorgs. Lost: {sum(v.lost for v in verdicts)}. Duplicated:"
        f" {sum(v.doubled for v in verdicts)}. Proven by `ethlogs verify`:"
        f" {sum(v.is_proven for v in verdicts)}."
    )
    return text + "".join(f"\n\n**{problem}**" for problem in problems)


def _tables(rows: Sequence[Row]) -> str:
    head = (
        "| fault | what a user sees | s | lost | duplicated | with a reorg: s | lost | duplicated |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    tables = []
    for system in dict.fromkeys(row.fault.system for row in rows):
        lines = [format_row(row) for row in rows if row.fault.system is system]
        tables.append(f"## {system[0].upper()}{system[1:]}\n\n{head}\n" + "\n".join(lines))
    return "\n\n".join(tables)


def _seen(result: Result) -> str:
    if result.played is None:
        return ""
    told = list(dict.fromkeys(result.played.told))
    more = len(told) - _MOST_SENTENCES
    sentences = [*told[:_MOST_SENTENCES], *([f"({more} more)"] if more > 0 else [])]
    sentences += [f"*{needed}*" for needed in dict.fromkeys(result.played.needed)]
    return "<br>".join(sentence.replace("|", "\\|") for sentence in sentences) or "nothing"


def _list(items: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"- {name}: {why}" for name, why in items)

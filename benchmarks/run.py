"""Throughput, latency and memory of ethlogs on this machine, beside other programs, in one run.

    python -m benchmarks.run [--only peers,latency] [--output docs/performance.md]

Starts a devnet (a real geth and a real Kafka, on the same cores as what is measured) with a chain of
mainnet-like blocks. The tables, in Markdown, are on stdout and, with --output, in the places of that file
that are marked for them; progress is on stderr. Of repeated measurements the tables have the median, of
memory the largest. A part that fails says so, and the others run all the same.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from benchmarks.lab import open_lab, say
from benchmarks.parts import PARTS, Bench, Options
from benchmarks.tables import copied_output, require_sections, write_section
from ethlogs_devnet import DEFAULT_PLAN
from ethlogs_devnet.geth.plans import logs_in


def parse_arguments(arguments: Sequence[str]) -> tuple[list[str], Options, Path | None]:
    """Return the parts that are asked for, how much of each, and the document to write to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", metavar="PART,…", help=f"parts to run: {', '.join(PARTS)}")
    parser.add_argument("--output", type=Path, metavar="FILE", help="document with marks for the tables")
    parser.add_argument("--repeat", type=int, default=3, help="times that a rate is measured (default 3)")
    parser.add_argument("--blocks", type=int, default=300, help="length of the chain (default 300)")
    parser.add_argument("--notebook-blocks", type=int, default=5, help="for web3.py (default 5)")
    parser.add_argument("--history-blocks", type=int, default=1200, help="for history (default 1200)")
    parser.add_argument("--head-blocks", type=int, default=500, help="for the latency (default 500)")
    parser.add_argument("--block-seconds", type=float, default=0.15, help="at the head (default 0.15)")
    given = vars(parser.parse_args(arguments))
    only, output = given.pop("only"), given.pop("output")
    parts = only.split(",") if only else list(PARTS)
    unknown = sorted(set(parts) - PARTS.keys())
    if unknown:
        parser.error(f"unknown parts {', '.join(unknown)}; there are {', '.join(PARTS)}")
    parts = [part for part in PARTS if part in parts]
    if output:
        try:
            require_sections(output, parts)
        except (OSError, ValueError) as exc:
            parser.error(f"--output: {exc}")
    return parts, Options(**given), output


def run_part(bench: Bench, part: str, options: Options, output: Path | None) -> bool:
    """Run a part and print its tables; tell whether it came to its end."""
    began, load = time.monotonic(), os.getloadavg()[0]
    with copied_output() as text:
        print(
            f"\n{os.cpu_count()} cores ({platform.machine()}), shared with geth and Kafka; Python"
            f" {platform.python_version()}; {options.blocks} blocks of {logs_in(DEFAULT_PLAN)} event logs;"
            f" repeated {options.repeat} times; load before: {load:.1f}."
        )
        try:
            PARTS[part](bench)
        except (Exception, SystemExit) as exc:  # noqa: BLE001 - the other parts run all the same
            traceback.print_exc()
            print(f"\nThe part `{part}` failed: {exc}")
            return False
    say(f"{part}: {time.monotonic() - began:.0f} s")
    if output:
        write_section(output, part, text.getvalue())
    return True


def main(arguments: Sequence[str]) -> int:
    """Run the parts; 1 when one of them failed."""
    parts, options, output = parse_arguments(arguments)
    with open_lab(options.blocks) as lab:
        bench = Bench(lab, options)
        complete = [run_part(bench, part, options, output) for part in parts]
    return 0 if all(complete) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

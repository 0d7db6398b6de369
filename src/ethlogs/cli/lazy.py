"""The commands by name, each loaded when it is called: ``ethlogs --help`` must be quick."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import click


@dataclass(frozen=True)
class Entry:
    """A command in the list of ``ethlogs --help``."""

    module: str
    summary: str
    """The first sentence of the command's own help."""


COMMANDS = {
    "backfill": Entry(
        "backfill",
        "Fill the blocks of a range that the stream lacks, in parallel on Spark's executors, exactly once.",
    ),
    "clean": Entry("clean", "Remove old runs and archives, here and on HDFS, never one in use."),
    "doctor": Entry(
        "doctor", "Check everything that a run depends on, in the order in which a run needs it."
    ),
    "exporter": Entry(
        "exporter",
        "Serve Prometheus metrics of one or many streams, read from outside their drivers.",
    ),
    "logs": Entry(
        "blocks",
        "Prove a block and print its event logs as they would be on Kafka, one JSON object per line.",
    ),
    "pack": Entry(
        "pack",
        "Pack the driver's Python environment for a cluster; produce also does this when it is needed.",
    ),
    "produce": Entry("produce", "Follow the chain and produce every event log, proven, exactly once."),
    "smoketest": Entry(
        "smoketest", "Take one block end to end: prove it, produce it, read it back and compare."
    ),
    "status": Entry(
        "status",
        "Show a stream's tip, its age, its lag behind the node, the run that holds it, and its application.",
    ),
    "stop": Entry(
        "stop",
        "Stop a stream's run on this machine or, if there is none, its application on YARN.",
    ),
    "tail": Entry(
        "tail",
        "Show the driver's log on YARN: live if its node can be reached, else as YARN has collected it.",
    ),
    "transactions": Entry(
        "blocks",
        "Print a block's transactions as the node gives them, not proven, one JSON object per line.",
    ),
    "verify": Entry("verify", "Compare a range of a stream, log by log, with its ledger and the chain."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names, without loading anything."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = getattr(importlib.import_module(f"ethlogs.cli.{entry.module}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from their summaries."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])

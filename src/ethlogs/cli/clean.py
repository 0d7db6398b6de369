"""``ethlogs clean``: old runs and archives, here and on HDFS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from ethlogs.cli.command import command
from ethlogs.cli.say import say
from ethlogs.errors import ExitStatus
from ethlogs.hadoop.client import is_cluster_configured
from ethlogs.settings import KerberosOptions
from ethlogs.settings.output import OutputOptions
from ethlogs.settings.submission import (
    CleanOptions,
    HdfsOptions,
    ProxyOptions,
    RunFolderOptions,
    SparkProgram,
)
from ethlogs.submission.applications import open_cluster, read_defaults
from ethlogs.submission.cleaning import (
    Cleaning,
    Item,
    explain_kept,
    list_local,
    list_on_hdfs,
    remove_old,
    why_kept,
)
from ethlogs.submission.folders import cache_folder
from ethlogs.submission.identity import Caller
from ethlogs.submission.launch import runs_base
from ethlogs.submission.left_files import LeftFiles
from ethlogs.submission.left_here import find_left_here, remove_left_here

_DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class CleanCommandOptions:
    """The options of ``clean``."""

    wanted: CleanOptions
    run_folder: RunFolderOptions
    hdfs: HdfsOptions
    proxy: ProxyOptions
    spark: SparkProgram
    kerberos: KerberosOptions
    output: OutputOptions


@command(CleanCommandOptions)
def clean(options: CleanCommandOptions) -> int:
    """Remove old runs and archives, here and on HDFS, never one in use.

    HDFS is cleaned if HADOOP_CONF_DIR or YARN_CONF_DIR is set. A running run, its files, and everything that
    was used within the last hour are kept, even with --older-than 0. Settings and keys that an ended run has
    left on HDFS, or a killed run here, are removed at once.

    Example: ethlogs clean --older-than 7
    """
    limit = options.wanted.older_than * _DAY_SECONDS
    cleanings = [remove_old(items, limit, dry_run=options.wanted.list_only) for items in _list_items(options)]
    removed = [item for cleaning in cleanings for item in cleaning.removed]
    _show(options, cleanings, removed)
    return ExitStatus.DONE


def _list_items(options: CleanCommandOptions) -> Iterator[list[Item]]:
    """Yield what is on this machine; then, while the cluster is open, what is on HDFS."""
    base = runs_base(options.run_folder)
    _remove_left_here(options, base)
    yield list_local(base, cache_folder())
    if not is_cluster_configured(os.environ):
        return
    spark_submit, proxy_user = options.spark.spark_submit, options.proxy.proxy_user
    with (
        Caller(options.kerberos, say, spark_submit=spark_submit, proxy_user=proxy_user) as caller,
        open_cluster(caller, spark_submit) as hadoop,
    ):
        left = LeftFiles.of(hadoop, options.hdfs.hdfs_dir, read_defaults(spark_submit))
        _remove_left(options, left)
        yield list_on_hdfs(left.layout, hadoop.applications)


def _remove_left_here(options: CleanCommandOptions, base: Path) -> None:
    """Remove what runs were started with whose command was killed."""
    found = find_left_here(base) if options.wanted.list_only else None
    _say_left(options, "here", remove_left_here(base) if found is None else [one.run for one in found])


def _remove_left(options: CleanCommandOptions, files: LeftFiles) -> None:
    """Remove what ended runs were started with, where neither driver nor command could."""
    _say_left(options, "from HDFS", files.find() if options.wanted.list_only else files.remove())


def _say_left(options: CleanCommandOptions, where: str, left: list[str]) -> None:
    if left:
        verb = "would remove" if options.wanted.list_only else "removed"
        say(f"{verb} settings and keys of ended runs {where}: {', '.join(left)}", options.output.quiet)


def _show(options: CleanCommandOptions, cleanings: list[Cleaning], removed: list[Item]) -> None:
    kept = [item for cleaning in cleanings for item in cleaning.kept]
    if options.output.as_json:
        shown = {
            "removed": [_to_json(item) for item in removed],
            "kept": [{**_to_json(item), "reason": why_kept(item)} for item in kept],
        }
        click.echo(orjson.dumps(shown).decode())
        return
    verb = "would remove" if options.wanted.list_only else "removed"
    for item in removed:
        click.echo(f"{verb} the {item.kind} {item.place}, {item.age_seconds / _DAY_SECONDS:.1f} days old")
    size = sum(item.size_bytes for item in removed) / 1e6
    say(f"{verb} {len(removed)} ({size:,.1f} MB), {explain_kept(kept)}", options.output.quiet)


def _to_json(item: Item) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "place": item.place,
        "sizeBytes": item.size_bytes,
        "ageSeconds": round(item.age_seconds),
        "inUse": item.in_use,
    }

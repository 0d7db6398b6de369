"""``ethlogs pack``: the driver's environment as an archive."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import click
import orjson

from ethlogs.cli.command import command
from ethlogs.cli.display import ProgressDisplay
from ethlogs.cli.say import say
from ethlogs.environment import Archive, PackSettings, pack_environment
from ethlogs.errors import ExitStatus
from ethlogs.notify import Notify, ShowBytes
from ethlogs.settings import KerberosOptions
from ethlogs.settings.output import OutputOptions
from ethlogs.settings.submission import ArchiveOptions, EnvironmentOptions, SparkProgram
from ethlogs.submission.applications import open_cluster
from ethlogs.submission.checked import check_environment
from ethlogs.submission.folders import cache_folder
from ethlogs.submission.identity import Caller
from ethlogs.submission.layout import HdfsLayout
from ethlogs.submission.shipping import ship_archive


@dataclass(frozen=True)
class PackOptions:
    """The options of ``pack``."""

    environment: EnvironmentOptions
    archive: ArchiveOptions
    spark: SparkProgram
    kerberos: KerberosOptions
    output: OutputOptions


@command(PackOptions)
def pack(options: PackOptions) -> int:
    """Pack the driver's Python environment for a cluster; produce also does this when it is needed.

    An unchanged environment is not packed again. Prints the archive's path, or with --upload its URL, on
    stdout. A lock file beside the archive in the cache lists every package.

    Example: ethlogs pack --env-file conda-env.yml --output /tmp
    """
    notify = partial(say, quiet=options.output.quiet)
    wanted = options.archive
    settings = PackSettings.of(check_environment(options.environment), wanted.output, wanted.force)
    with ProgressDisplay(options.output.quiet) as display:
        archive = pack_environment(settings, cache_folder(), notify, display.show_bytes)
        how = "unchanged, packed before" if archive.reused else _steps(archive)
        notify(f"{archive.size_bytes / 1e6:,.1f} MB, fingerprint {archive.fingerprint}: {how}")
        place = str(archive.path)
        if wanted.upload is not None:
            place = _upload(options, archive, wanted.upload, notify, display.show_bytes)
    click.echo(orjson.dumps(_to_json(archive, place)).decode() if options.output.as_json else place)
    return ExitStatus.DONE


def _upload(
    options: PackOptions, archive: Archive, folder: str, notify: Notify, show_bytes: ShowBytes
) -> str:
    spark_submit = options.spark.spark_submit
    with (
        Caller(options.kerberos, say, spark_submit=spark_submit) as caller,
        open_cluster(caller, spark_submit) as hadoop,
    ):
        layout = HdfsLayout.of(hadoop.files, folder)
        return ship_archive(layout, archive.path, notify, show_bytes)


def _to_json(archive: Archive, place: str) -> dict[str, Any]:
    return {
        "path": place,
        "fingerprint": archive.fingerprint,
        "sizeBytes": archive.size_bytes,
        "python": archive.python,
        "pythonVersion": archive.python_version,
        "reused": archive.reused,
        "seconds": archive.seconds,
    }


def _steps(archive: Archive) -> str:
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in archive.seconds.items())

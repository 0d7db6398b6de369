"""``ethlogs pack``: the driver's environment as an archive."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import click
import orjson

from ethlogs.cli import options
from ethlogs.cli.cluster import open_cluster
from ethlogs.cli.display import say
from ethlogs.cli.folders import cache_folder
from ethlogs.environment import Archive, pack_environment
from ethlogs.errors import ExitStatus
from ethlogs.submission.shipping import HdfsLayout, ship_archive


@click.command()
@options.pack_options
@options.setting("--output", metavar="PATH", help="A file or folder for the archive. [default: the cache]")
@options.setting("--upload", metavar="HDFS_DIR", help="Put it on HDFS too, below this folder.")
@options.setting("--spark-submit", metavar="PATH", help="Whose jars upload it. [default: as for produce]")
@options.kerberos_options
@options.setting("--force", is_flag=True, help="Solve and pack again, though nothing has changed.")
@options.json_option
@options.verbosity_options
@options.config_option
def pack(
    output: str | None,
    upload: str | None,
    force: bool,
    as_json: bool,
    verbose: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Pack the environment in which the driver runs on a cluster; produce does it by itself.

    An unchanged environment is recognised and not packed again. Prints the archive's path, or with
    --upload its URL, on stdout. Its lock file, which says exactly what went in, lies beside it in the
    cache.

    Example: ethlogs pack --env-file conda-env.yml --output /tmp
    """
    tell = partial(say, quiet=quiet)
    settings = replace(options.pack_settings(given), output=output, force=force)
    archive = pack_environment(settings, cache_folder(), tell)
    how = "unchanged, packed before" if archive.reused else _steps(archive)
    tell(f"{archive.size_bytes / 1e6:,.1f} MB, fingerprint {archive.fingerprint}: {how}")
    place = str(archive.path)
    if upload is not None:
        with open_cluster(given) as hadoop:
            layout = HdfsLayout.of(hadoop.files, upload)
            place = ship_archive(layout, archive.path, archive.fingerprint, tell)
    if as_json:
        click.echo(orjson.dumps(_to_json(archive, place)).decode())
    else:
        click.echo(place)
    return ExitStatus.DONE


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

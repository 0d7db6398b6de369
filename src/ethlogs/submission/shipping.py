"""The files of a run on HDFS: large ones once, under names with their content's hash; its own folder."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import orjson

from ethlogs.errors import SettingsError, SubmissionError
from ethlogs.kafka.client_config import names_file
from ethlogs.notify import Notify, ShowBytes, ignore_bytes
from ethlogs.private_files import make_trusted_folder
from ethlogs.run.folder import RunFolder
from ethlogs.settings import RunSettings
from ethlogs.submission.layout import ARCHIVES, SPARK, HdfsLayout
from ethlogs.temporary import make_temporary_folder

_NODE_CA = "node-ca.pem"
_KEYTAB = "kafka.keytab"
KRB5_CONF = "krb5.conf"
_PACKAGE = Path(__file__).parent.parent
_CHUNK_BYTES = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)
_SHORT = 16
"""Hexadecimal digits of a hash in a file's name."""


def ship_spark(
    layout: HdfsLayout,
    spark_home: Path,
    version: str,
    cache: Path,
    report: Notify,
    show_bytes: ShowBytes = ignore_bytes,
) -> str:
    """Spark's jars as one stored zip, for spark.yarn.archive: 400 MB that each submission would upload."""
    jars = sorted((spark_home / "jars").glob("*.jar"))
    name = f"spark-{version}-{_hash_jars(jars, cache)}.zip"
    url = f"{layout.base}/{SPARK}/{name}"
    layout.make_private(SPARK)
    if layout.is_own(url):
        return url
    report(f"Spark's {len(jars)} jars are not on HDFS yet: uploading them, once for each version of Spark")
    with make_temporary_folder("spark") as folder:
        path = Path(folder) / name
        try:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
                for jar in jars:
                    archive.write(jar, jar.name)
        except OSError as exc:
            raise SubmissionError(
                f"Spark's jars cannot be put into one file in {folder}: {exc.strerror}",
                hint="make room there, or set TMPDIR to another folder",
            ) from exc
        return layout.upload_once(path, SPARK, name, report, show_bytes)


def ship_archive(
    layout: HdfsLayout, archive: Path, report: Notify, show_bytes: ShowBytes = ignore_bytes
) -> str:
    """Upload the environment's archive, named by its bytes; returns its URL.

    Two archives of the same packages differ in their bytes. A running application's next attempt needs the
    very file that it began with, so no name is ever written twice.
    """
    suffix = "".join(archive.suffixes[-2:]) if archive.name.endswith(".tar.gz") else archive.suffix
    name = f"env-{hash_file(archive)[:_SHORT]}{suffix}"
    return layout.upload_once(archive, ARCHIVES, name, report, show_bytes)


def take_files_along(
    settings: RunSettings, local: RunFolder, *, spark_has_keytab: bool = False
) -> tuple[RunSettings, list[Path]]:
    """Copy every file that a setting names into the run's folder, and name its place in the container.

    The keytab is one of them unless spark-submit is given it.

    Raises
    ------
    SettingsError
        When one cannot be read.
    """
    files, client = [], []
    node = settings.node
    if node.ca_file is not None:
        local.write(_NODE_CA, _read_file("--node-ca-file", node.ca_file))
        files.append(local.path / _NODE_CA)
        node = replace(node, ca_file=_NODE_CA)
    for name, value in settings.kafka.client:
        if names_file(name):
            path = local.path / f"kafka-{name.strip()}"
            local.write(path.name, _read_file(name, value))
            files.append(path)
            # The driver's working folder is where YARN puts what travels with an application.
            client.append((name, path.name))
        else:
            client.append((name, value))
    kerberos = settings.kerberos
    if kerberos is not None and kerberos.krb5_conf is not None:
        local.write(KRB5_CONF, _read_file("--krb5-conf", kerberos.krb5_conf))
        files.append(local.path / KRB5_CONF)
        kerberos = replace(kerberos, krb5_conf=KRB5_CONF)
    if kerberos is not None and spark_has_keytab:
        kerberos = replace(kerberos, keytab=None)
    elif kerberos is not None and kerberos.keytab is not None:
        local.write(_KEYTAB, _read_file("--keytab", kerberos.keytab))
        files.append(local.path / _KEYTAB)
        kerberos = replace(kerberos, keytab=_KEYTAB)
    return replace(
        settings, node=node, kerberos=kerberos, kafka=replace(settings.kafka, client=tuple(client))
    ), files


def take_files_into(settings: RunSettings, local: RunFolder) -> RunSettings:
    """Copy every file that a setting names into the run's folder on this machine, and name it there."""
    taken, _ = take_files_along(settings, local)
    client = tuple(
        (name, str(local.path / value) if names_file(name) else value) for name, value in taken.kafka.client
    )
    kerberos = taken.kerberos
    if kerberos is not None:
        kerberos = replace(
            kerberos,
            keytab=kerberos.keytab and str(local.path / kerberos.keytab),
            krb5_conf=kerberos.krb5_conf and str(local.path / kerberos.krb5_conf),
        )
    ca_file = taken.node.ca_file and str(local.path / taken.node.ca_file)
    return replace(
        taken,
        node=replace(taken.node, ca_file=ca_file),
        kerberos=kerberos,
        kafka=replace(taken.kafka, client=client),
    )


def forget_shipped(local: RunFolder) -> None:
    """Leave the log alone: passwords and keys are with YARN by now, or of no use."""
    for path in local.path.iterdir():
        if path != local.log:
            path.unlink()


def _read_file(name: str, path: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as exc:
        raise SettingsError(
            f"{name}: the file {path} cannot be read: {exc.strerror}",
            hint="give a file that you can read: it is shipped to the driver",
        ) from exc


def build_package(folder: Path) -> Path:
    """ethlogs itself as a zip, of a few hundred kilobytes, the same for the same content."""
    path = folder / "ethlogs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(_PACKAGE.rglob("*")):
            if file.is_file() and file.suffix in (".py", ".typed"):
                entry = zipfile.ZipInfo(str(file.relative_to(_PACKAGE.parent)), _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, file.read_bytes())
    return path


def hash_file(path: Path) -> str:
    """A file's SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _hash_jars(jars: list[Path], cache: Path) -> str:
    """A hash of all jars' content, remembered for as long as their sizes and times stay."""
    seen = [[str(jar), (stat := jar.stat()).st_size, stat.st_mtime_ns] for jar in jars]
    key = hashlib.sha256(orjson.dumps(seen)).hexdigest()[:_SHORT]
    make_trusted_folder(cache)
    note = cache / f"spark-jars-{key}"
    if note.is_file():
        return note.read_text()
    content = "".join(f"{jar.name} {hash_file(jar)}\n" for jar in jars)
    digest = hashlib.sha256(content.encode()).hexdigest()[:_SHORT]
    note.write_text(digest)
    return digest

"""``--keytab hdfs:…``: fetched once a command, with the user's ticket, into a file of the command's own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import click

from ethlogs.cli.display import say
from ethlogs.errors import SettingsError
from ethlogs.hadoop.client import Login, find_conf_dir, open_hadoop
from ethlogs.kerberos.users_ticket import copied_ticket
from ethlogs.spark.java import find_java
from ethlogs.spark.submit import find_spark_home, find_spark_submit

_FETCHED = "ethlogs.keytabs"
_OTHERS = 0o077


def keytab_here(keytab: str, given: dict[str, Any]) -> str:
    """The keytab's path on this machine; one on HDFS is a private file until the command ends.

    Spark's programs, Java's login and MIT's kinit read files of this machine alone.

    Raises
    ------
    SettingsError
        When there is none.
    KerberosError, NotAuthorizedError, HadoopError
        When HDFS does not give it: it is read with the ticket that the user has.
    """
    if not keytab.startswith("hdfs:"):
        return keytab
    fetched: dict[str, str] = click.get_current_context().meta.setdefault(_FETCHED, {})
    if keytab not in fetched:
        fetched[keytab] = _fetch(keytab, given)
    return fetched[keytab]


def _fetch(keytab: str, given: dict[str, Any]) -> str:
    spark = find_spark_submit(given.get("spark_submit"), os.environ)
    java = find_java(os.environ)
    login = Login(krb5_conf=given["krb5_conf"])
    with (
        copied_ticket(),
        open_hadoop(find_spark_home(spark), java.path, find_conf_dir(os.environ), login) as hadoop,
    ):
        content, mode = hadoop.files.read(keytab), hadoop.files.mode(keytab)
    if content is None or mode is None:
        raise SettingsError(f"--keytab {keytab} is not there", hint="hdfs dfs -ls shows what is")
    if mode & _OTHERS:
        say(f"warning: others may read --keytab {keytab} (mode {mode:o}); hdfs dfs -chmod 400 keeps it")
    return _keep(content)


def _keep(content: bytes) -> str:
    folder = tempfile.TemporaryDirectory(prefix="ethlogs-keytab-")
    click.get_current_context().call_on_close(folder.cleanup)
    path = Path(folder.name) / "keytab"
    path.touch(0o600)
    path.write_bytes(content)
    return str(path)

"""``--keytab hdfs:…``: fetched with the user's ticket into a private file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ethlogs.errors import SettingsError
from ethlogs.hadoop.client import Login, find_conf_dir, open_hadoop
from ethlogs.kerberos.users_ticket import copied_ticket
from ethlogs.notify import Notify
from ethlogs.spark.java import find_java
from ethlogs.spark.submit import find_spark_home, find_spark_submit
from ethlogs.temporary import make_temporary_folder

_OTHERS = 0o077


@contextlib.contextmanager
def fetch_keytab(
    keytab: str, spark_submit: str | None, krb5_conf: str | None, notify: Notify
) -> Iterator[str]:
    """Yield the path of a private copy, which is removed at the end.

    Raises
    ------
    SettingsError
        When the file does not exist.
    KerberosError, NotAuthorizedError, HadoopError
        When HDFS does not let the user's ticket read it.
    """
    content = _read(keytab, spark_submit, krb5_conf, notify)
    with make_temporary_folder("keytab") as folder:
        path = Path(folder) / "keytab"
        path.touch(0o600)
        path.write_bytes(content)
        yield str(path)


def _read(keytab: str, spark_submit: str | None, krb5_conf: str | None, notify: Notify) -> bytes:
    spark = find_spark_submit(spark_submit, os.environ)
    java = find_java(os.environ)
    with (
        copied_ticket(),
        open_hadoop(
            find_spark_home(spark), java.path, find_conf_dir(os.environ), Login(krb5_conf=krb5_conf)
        ) as hadoop,
    ):
        content, mode = hadoop.files.read(keytab), hadoop.files.mode(keytab)
    if content is None or mode is None:
        raise SettingsError(
            f"--keytab {keytab} does not exist", hint="list the folder with hdfs dfs -ls", flag="--keytab"
        )
    if mode & _OTHERS:
        notify(f"warning: others may read --keytab {keytab} (mode {mode:o}); hdfs dfs -chmod 400 keeps it")
    return content

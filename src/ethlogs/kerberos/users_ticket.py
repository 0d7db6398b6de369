"""The user's own ticket, where Java can read it and nobody but this command changes it."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ethlogs.errors import KerberosError
from ethlogs.kerberos.variables import set_variables
from ethlogs.temporary import make_temporary_folder


@contextlib.contextmanager
def copied_ticket() -> Iterator[None]:
    """Let KRB5CCNAME name a private copy of the user's ticket cache while this lasts.

    Java reads FILE caches alone, and Hadoop's client renews the cache that it reads (``kinit -R``). So any
    kind (KCM and KEYRING are the default of some distributions, DIR) is copied into a FILE of this command's
    own, and the user's tickets are never touched. Where there are none, nothing is copied.

    Raises
    ------
    KerberosError
        When the cache is not a file and the Python package gssapi, which could copy it, is not there.
    """
    with make_temporary_folder("krb5") as folder:
        copy = Path(folder) / "tickets"
        _copy(os.environ.get("KRB5CCNAME"), copy)
        if not copy.exists():
            yield
            return
        with set_variables({"KRB5CCNAME": f"FILE:{copy}"}):
            yield


def _copy(cache: str | None, copy: Path) -> None:
    """``cache`` as KRB5CCNAME has it; ``None`` is Kerberos' default."""
    file = _file_of(cache)
    if file is not None and file.is_file():
        _copy_file(file, copy)
    elif importlib.util.find_spec("gssapi") is not None:
        _copy_tickets(copy)
    elif cache is not None and file is None:
        raise KerberosError(
            f"the ticket cache is {cache}, and Java reads FILE caches alone",
            hint="pip install 'ethlogs[kerberos]', with which it is copied; or export"
            " KRB5CCNAME=FILE:/tmp/krb5cc_mine and kinit; or give --principal and --keytab",
        )


def _file_of(cache: str | None) -> Path | None:
    """The file of a cache of the kind FILE."""
    if cache is None:
        return Path(f"/tmp/krb5cc_{os.getuid()}")  # noqa: S108 - where MIT's library and Java's keep it
    kind, colon, rest = cache.partition(":")
    if not colon or cache.startswith("/"):
        return Path(cache)
    return Path(rest) if kind == "FILE" else None


def _copy_file(file: Path, copy: Path) -> None:
    copy.touch(0o600)
    try:
        shutil.copyfile(file, copy)
    except OSError as exc:
        copy.unlink()
        raise KerberosError(
            f"the ticket cache {file} cannot be read: {exc.strerror}",
            hint="kinit makes a new one, where KRB5CCNAME says",
        ) from exc


def _copy_tickets(copy: Path) -> None:
    import gssapi
    from gssapi.raw.misc import GSSError

    # No ticket, or none that is valid: whoever needs it says so.
    with contextlib.suppress(GSSError):
        credentials = gssapi.Credentials(usage="initiate")
        credentials.store({"ccache": f"FILE:{copy}"}, usage="initiate", overwrite=True)

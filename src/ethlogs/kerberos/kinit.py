"""MIT's kinit, and what it says when it fails."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from ethlogs.errors import KerberosError
from ethlogs.krb5_conf import list_files

_KINIT_SECONDS = 30.0
_NO_KDC = "Cannot find KDC"
_LAST_CHARACTERS = 300
_NEW_KEY = ("the keytab's key is not the principal's present one", "its key was changed: get a new keytab")
_NO_KEY = ("the keytab has no key of this principal", "klist -kt shows whose keys it has")
_UNREADABLE = ("the keytab cannot be read", "is --keytab right, and may this user read it?")
_MEANINGS = {
    "not found in Kerberos database": (
        "the KDC does not know the principal",
        "is --principal right, with its realm?",
    ),
    "Preauthentication failed": _NEW_KEY,
    "Password incorrect": _NEW_KEY,
    "no suitable keys": _NO_KEY,
    "No key table entry found": (
        "the keytab has no key of the kind and version that the KDC asks for",
        "its key was changed, or has other encryption types: get a new keytab",
    ),
    "Key version is not available": _NEW_KEY,
    _NO_KDC: (
        "krb5.conf does not say where the realm's KDC is",
        "is the realm in --principal right? Give --krb5-conf with this realm",
    ),
    "Cannot contact any KDC": (
        "no KDC of the realm answers",
        "is the KDC up, and may this machine reach its port 88?",
    ),
    "Clock skew too great": ("this machine's clock and the KDC's are too far apart", "set the clock by NTP"),
    "no support for encryption type": (
        "the KDC does not allow the keytab's encryption types",
        "get a keytab with aes256-cts or aes128-cts keys",
    ),
    "revoked": ("the principal is locked or expired", "ask the administrator of the KDC"),
    "expired": ("the principal or its password is expired", "ask the administrator of the KDC"),
    "does not specify default realm": (
        "there is no krb5.conf here that names a realm",
        "give --krb5-conf FILE, or --principal with its @REALM",
    ),
    "open/find Kerberos configuration file": ("there is no krb5.conf here", "give --krb5-conf FILE"),
    "Included profile": (
        "krb5.conf includes what is not there or cannot be read",
        "correct its include and includedir lines, or give another --krb5-conf",
    ),
    "initializing Kerberos 5 library": (
        "krb5.conf cannot be used",
        "correct what the text in brackets names, or give another --krb5-conf",
    ),
    "Key table file": _UNREADABLE,
    "Permission denied": _UNREADABLE,
}
"""What MIT's library says, what that means, and what to do."""


def find_kinit(environment: Mapping[str, str]) -> str:
    """kinit beside this Python (an environment brings its own krb5), else the one on PATH.

    Raises
    ------
    KerberosError
        When there is none.
    """
    beside = Path(sys.executable).parent / "kinit"
    found = str(beside) if beside.is_file() else shutil.which("kinit", path=environment.get("PATH"))
    if found is None:
        raise KerberosError(
            "there is no kinit on this machine, nor in the environment of this Python",
            hint="add krb5 to the conda-env.yml, or install the package krb5-user (krb5-workstation)",
        )
    return found


def obtain_ticket(principal: str, keytab: Path, cache: Path, complete: Callable[[Path], None]) -> None:
    """Get a ticket-granting ticket from the keytab's key into ``cache``, in one step.

    kinit writes over a cache in place; whoever reads it meanwhile would find no ticket. ``complete`` is
    called with the new cache before it takes the old one's place.

    Raises
    ------
    KerberosError
        With what the KDC or the library said and what that means.
    """
    fresh = cache.with_name(f".{cache.name}.{os.getpid()}")
    argv = [find_kinit(os.environ), "-k", "-t", str(keytab), "-c", f"FILE:{fresh}", principal]
    try:
        finished = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_KINIT_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
        if finished.returncode:
            raise explain(finished.stderr, f"no ticket for {principal}")
        complete(fresh)
        fresh.replace(cache)
    except subprocess.TimeoutExpired as exc:
        raise KerberosError(
            f"no ticket for {principal}: kinit did not end within {_KINIT_SECONDS:g} seconds",
            hint="does the KDC answer?",
        ) from exc
    finally:
        fresh.unlink(missing_ok=True)


def explain(said: str, what: str) -> KerberosError:
    """The error for what a program or library of Kerberos said."""
    text = " ".join(said.split())[-_LAST_CHARACTERS:]
    if _NO_KDC in said and not any(Path(name).exists() for name in list_files(os.environ)):
        return KerberosError(
            f"{what}: there is no krb5.conf on this machine, {socket.gethostname()} ({text})",
            hint="give --krb5-conf FILE, which is shipped to the container, or install one there",
        )
    for sign, (meaning, hint) in _MEANINGS.items():
        if sign in said:
            return KerberosError(f"{what}: {meaning} ({text})", hint=hint)
    return KerberosError(f"{what}: {text}", hint="kinit -V, with KRB5_TRACE=/dev/stderr, says more")

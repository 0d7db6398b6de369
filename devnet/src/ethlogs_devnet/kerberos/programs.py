"""MIT Kerberos's programs, run on the devnet's realm whatever the machine's settings are."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ethlogs_devnet.errors import DevnetError, MissingToolError
from ethlogs_devnet.kerberos.settings import KdcFiles

KERBEROS_PACKAGES = ("krb5-kdc", "krb5-admin-server", "krb5-user")
PROGRAMS = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit")
_WHERE_SERVERS_ARE = "/usr/sbin"  # which is not on every user's PATH


def find_program(name: str) -> str:
    """Return the path of one of Kerberos's programs."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), _WHERE_SERVERS_ARE])
    if found := shutil.which(name, path=path):
        return found
    raise MissingToolError(
        f"a Kerberos realm needs {name} of MIT Kerberos and there is none",
        hint=f"apt-get install {' '.join(KERBEROS_PACKAGES)}",
    )


def find_kerberos() -> None:
    """Raise MissingToolError where one of the programs is missing."""
    for name in PROGRAMS:
        find_program(name)


def realm_environment(files: KdcFiles, ticket_cache: Path | None = None) -> dict[str, str]:
    """Return this process's environment with the realm's settings instead of all others of Kerberos."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("KRB5")}
    return {
        **others,
        "KRB5_CONFIG": str(files.krb5_conf),
        "KRB5_KDC_PROFILE": str(files.kdc_conf),
        "KRB5CCNAME": f"FILE:{ticket_cache or files.ticket_cache}",
    }


def create_database(files: KdcFiles) -> None:
    """Make a realm without principals but its own; its master key is in the stash file alone."""
    master = secrets.token_hex(16)
    _run(files, "kdb5_util", ["create", "-s"], said=f"{master}\n{master}\n")


def run_kadmin(files: KdcFiles, *arguments: str) -> None:
    """Run one query of kadmin on the realm's database; its server may run or not."""
    _run(files, "kadmin.local", arguments)


def run_kinit(files: KdcFiles, principal: str, keytab: Path, ticket_cache: Path) -> None:
    """Obtain a ticket from a keytab."""
    _run(files, "kinit", ["-k", "-t", str(keytab), principal], ticket_cache=ticket_cache)


def _run(
    files: KdcFiles,
    program: str,
    arguments: Sequence[str],
    *,
    said: str = "",
    ticket_cache: Path | None = None,
) -> None:
    environment = realm_environment(files, ticket_cache)
    command = [find_program(program), *arguments]
    result = subprocess.run(
        command, env=environment, input=said, capture_output=True, text=True, check=False, umask=0o077
    )
    if result.returncode != 0:
        raise DevnetError(f"{program} {' '.join(arguments)} failed: {result.stderr.strip()[-500:]}")

"""A ticket for each broker, asked for before the first connection: what fails is named here and at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import gssapi
from gssapi.raw.misc import GSSError

from ethlogs.errors import KerberosError
from ethlogs.kerberos.kinit import explain

_UNKNOWN_SERVICE = re.compile(r"Server .*not found in Kerberos database")


def require_service_tickets(service: str, hosts: Iterable[str], cache: Path) -> None:
    """Get a ticket for ``service`` on each host into a cache that has a ticket-granting ticket.

    Raises
    ------
    KerberosError
        With the name that was asked for, and what its failure means.
    """
    for host in sorted(hosts):
        try:
            credentials = gssapi.Credentials(usage="initiate", store=store_of(cache))
            name = gssapi.Name(f"{service}@{host}", name_type=gssapi.NameType.hostbased_service)
            name = name.canonicalize(gssapi.MechType.kerberos)
            gssapi.SecurityContext(name=name, creds=credentials, usage="initiate").step()
        except GSSError as exc:
            raise _explain(str(exc), f"{service}/{host}") from exc


def store_of(cache: Path) -> dict[bytes | str, bytes | str]:
    """The cache alone: with a client keytab libkrb5 would begin a new cache and lose what was obtained."""
    return {"ccache": f"FILE:{cache}", "client_keytab": f"FILE:{cache.with_name('none')}"}


def _explain(said: str, asked: str) -> KerberosError:
    if _UNKNOWN_SERVICE.search(said):
        return KerberosError(
            f"the KDC knows no service {asked}, which a broker's address asks for ({said})",
            hint="is --kerberos-service-name right? Is the broker's advertised name the one in its keytab (an"
            " address or alias is not), and does krb5.conf have rdns = false?",
        )
    return explain(said, f"no ticket for the service {asked}")

"""A ticket for the rest of a worker process: libkrb5 obtains and renews it from the keytab by itself.

Spark gives --keytab to the application master alone, and starts and ends Python workers as it likes. So each
worker has its own tickets, in its memory: nobody else sees them, and nothing is left when it is killed.
"""

from __future__ import annotations

import os
from pathlib import Path

import gssapi
from gssapi.raw.misc import GSSError

from ethlogs.backoff import keep_trying
from ethlogs.errors import KerberosError
from ethlogs.kerberos.kinit import explain
from ethlogs.settings import KerberosSettings

_CACHE = "MEMORY:ethlogs"


def hold_ticket(settings: KerberosSettings, patience_seconds: float) -> None:
    """Let this process work as the principal from now on; where it has a ticket already, that is all.

    Raises
    ------
    KerberosError
        When there is no ticket, and none can be had before the patience is over.
    """
    if settings.keytab is None:
        raise KerberosError("this executor has no keytab", hint="give --keytab")
    os.environ["KRB5_CLIENT_KTNAME"] = f"FILE:{Path(settings.keytab).absolute()}"
    os.environ["KRB5CCNAME"] = _CACHE
    if settings.krb5_conf is not None:
        os.environ["KRB5_CONFIG"] = str(Path(settings.krb5_conf).absolute())
    keep_trying(lambda: _obtain(settings.principal), patience_seconds)


def _obtain(principal: str) -> None:
    """Begin the cache with this principal: libkrb5 alone would take the first one of the keytab."""
    try:
        name = gssapi.Name(principal, gssapi.NameType.kerberos_principal)
        # Asking for the lifetime obtains the ticket where there is none, or a new one after half of its life.
        _ = gssapi.Credentials(name=name, usage="initiate").lifetime
    except GSSError as exc:
        raise explain(str(exc), f"no ticket for {principal} on an executor") from exc

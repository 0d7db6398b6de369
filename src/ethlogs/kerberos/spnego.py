"""Authentication to Hadoop's web pages by the ticket that this process has (SPNEGO, RFC 4559)."""

from __future__ import annotations

import base64
import importlib.util
from urllib.parse import urlsplit

_SPNEGO = "1.3.6.1.5.5.2"


def build_headers(url: str) -> dict[str, str]:
    """The header that says it; none without a ticket or without the Python package gssapi."""
    if importlib.util.find_spec("gssapi") is None:
        return {}
    import gssapi
    from gssapi.raw.misc import GSSError

    try:
        name = gssapi.Name(f"HTTP@{urlsplit(url).hostname}", gssapi.NameType.hostbased_service)
        context = gssapi.SecurityContext(name=name, mech=gssapi.OID.from_int_seq(_SPNEGO), usage="initiate")
        token = context.step()
    except GSSError:
        return {}
    return {"Authorization": f"Negotiate {base64.b64encode(token or b'').decode()}"}

"""Keytabs to test with, in MIT's format, with keys of zeros."""

from __future__ import annotations


def build_keytab(*principals: str) -> bytes:
    """Return a keytab with one key of each ``NAME/INSTANCE@REALM``."""
    return b"\x05\x02" + b"".join(_build_entry(principal) for principal in principals)


def _build_entry(principal: str) -> bytes:
    name, _, realm = principal.partition("@")
    parts = name.split("/")
    entry = len(parts).to_bytes(2, "big")
    for text in (realm, *parts):
        entry += len(text.encode()).to_bytes(2, "big") + text.encode()
    # the name's type, a time, the key's number, and a key of kind 18 with 32 bytes
    entry += (1).to_bytes(4, "big") + bytes(4) + b"\x01" + (18).to_bytes(2, "big")
    entry += (32).to_bytes(2, "big") + bytes(32)
    return len(entry).to_bytes(4, "big") + entry

"""The check that a header's fields give its hash, and the reason where they do not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ethlogs.proof.header_layouts import LAYOUTS, UNHASHED_FIELDS, Layout
from ethlogs.proof.keccak import keccak256
from ethlogs.proof.rlp import encode_list
from ethlogs.proof.shapes import ShapeError, show

_FIELD_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
_SHOWN_NAMES = 3


@dataclass(frozen=True, slots=True)
class HashCheck:
    """The result of checking a header's hash."""

    proven: bool
    """The hashed fields, and these alone, are what the hash commits to."""
    reason: str = ""
    """Why it is not proven, as the end of a sentence about the block."""
    has_unknown_field: bool = False
    """Without a proof: a field that this version does not know may be why."""


def check_hash(fields: Mapping[str, Any], block_hash: str) -> HashCheck:
    """Hash the known fields; if they give the hash, nothing else that the node sends matters.

    A node can't choose fields that give a hash: so an unknown field, a known one that is not hashed, a
    null or a second spelling can't make a right header wrong, and nothing can make a wrong one right.
    """
    for encoded in _candidates(fields):
        if "0x" + _hash(encoded) == block_hash:
            return HashCheck(True)
    unknown = _unknown_fields(fields)
    return HashCheck(False, _reason(fields, unknown), bool(unknown))


def _candidates(fields: Mapping[str, Any]) -> Iterator[list[bytes]]:
    for layout in LAYOUTS:
        if layout.applies(fields):
            yield from layout.encode(fields)


def _hash(encoded: list[bytes]) -> str:
    return keccak256(encode_list(encoded)).hex()


def _unknown_fields(fields: Mapping[str, Any]) -> list[str]:
    known = UNHASHED_FIELDS.union(*(layout.names for layout in LAYOUTS))
    return [name for name, value in fields.items() if value is not None and name not in known]


def _reason(fields: Mapping[str, Any], unknown: list[str]) -> str:
    reasons = []
    missing = _likeliest(fields).missing(fields)
    if missing:
        reasons.append(f"lacks {_listed(missing)}")
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        reasons.append(f"has the field{plural} {_listed(unknown)} that this version does not know")
    if reasons:
        return f"the header {' and '.join(reasons)}, and its other fields do not give its hash"
    try:
        encoded = _likeliest(fields).encode_all(fields)
    except ShapeError as error:
        return str(error)
    return f"the header's fields give the hash 0x{_hash(encoded)}, not the one it names"


def _likeliest(fields: Mapping[str, Any]) -> Layout:
    """The last one that applies: the first applies to every header."""
    return [layout for layout in LAYOUTS if layout.applies(fields)][-1]


def _listed(names: list[str]) -> str:
    """The names for a message: a node may send any number of them, of any length."""
    shown = [name if _FIELD_NAME.fullmatch(name) else show(name) for name in names[:_SHOWN_NAMES]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")

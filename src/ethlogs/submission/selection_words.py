"""The words of a selection: addresses, topics, and the files that hold them."""

from __future__ import annotations

import re
from pathlib import Path

from ethlogs.decoding.addresses import checksum_address
from ethlogs.decoding.signature import parse_event
from ethlogs.errors import SettingsError

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_TOPIC0 = re.compile(r"0x[0-9a-fA-F]{64}")


def read_text(flag: str, path: str) -> str:
    """Return a file's text.

    Raises
    ------
    SettingsError
        When it cannot be read.
    """
    try:
        # An editor on Windows may begin it with a byte order mark.
        return Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
        raise SettingsError(
            f"{flag} {path} cannot be read: {reason}", hint="give a text file that you can read", flag=flag
        ) from None


def parse_address(text: str) -> str:
    """Return the address in lower case.

    Raises
    ------
    ValueError
        When it is none, or its upper and lower case are not those of EIP-55: a digit is wrong then.
    """
    if _ADDRESS.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not an address: 0x and 40 hex digits")
    digits = text[2:]
    if digits not in (digits.lower(), digits.upper()) and text != checksum_address(text.lower()):
        raise ValueError(f"{text} does not have the checksum of EIP-55: is a digit wrong?")
    return text.lower()


def parse_topic0(text: str) -> str:
    """Return the topic0 of an event that is named by it or by its signature.

    Raises
    ------
    ValueError
        When it is neither.
    """
    if _TOPIC0.fullmatch(text):
        return text.lower()
    if text.startswith("0x"):
        raise ValueError(f"{text!r} is not a topic0: 0x and 64 hex digits")
    return parse_event(text).topic0

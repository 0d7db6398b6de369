"""From a selection as a user gives it to the settings that travel: files read, signatures hashed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ethlogs.decoding.signature import parse_event
from ethlogs.errors import SettingsError
from ethlogs.event_log import checksum_address
from ethlogs.settings import SelectionOptions, SelectionSettings

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_TOPIC0 = re.compile(r"0x[0-9a-fA-F]{64}")


def check_selection(options: SelectionOptions) -> SelectionSettings:
    """Return the selection's settings.

    Raises
    ------
    SettingsError
        When an address or an event has a wrong form, or a file cannot be read.
    """
    return SelectionSettings(
        addresses=_parse_all("--address", options.addresses),
        events=_parse_all("--event", options.events),
    )


def _parse_all(flag: str, values: Iterable[str]) -> tuple[str, ...]:
    """The values in their one form, each once, sorted: their order means nothing."""
    parse = parse_address if flag == "--address" else parse_topic0
    found = set()
    for value, where in _read_all(flag, values):
        try:
            found.add(parse(value))
        except ValueError as exc:
            raise SettingsError(f"{flag}: {where}{exc}", flag=flag) from None
    return tuple(sorted(found))


def _read_all(flag: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each value and where it stands; the lines of files in their place."""
    for value in values:
        if not value.startswith("@"):
            yield value, ""
            continue
        lines = read_text(flag, value[1:]).splitlines()
        entries = [(line.partition("#")[0].strip(), n) for n, line in enumerate(lines, 1)]
        if not any(text for text, _ in entries):
            raise SettingsError(f"{flag} {value}: the file has no entry", flag=flag)
        yield from ((text, f"line {n} of {value[1:]}: ") for text, n in entries if text)


def read_text(flag: str, path: str) -> str:
    """Return a file's text.

    Raises
    ------
    SettingsError
        When it cannot be read.
    """
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
        raise SettingsError(f"{flag} {path} cannot be read: {reason}", flag=flag) from None


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

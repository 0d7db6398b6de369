"""Turns a selection as a user gives it into the settings that travel: files read, signatures hashed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ethlogs.errors import SettingsError
from ethlogs.settings import SelectionOptions, SelectionSettings
from ethlogs.submission.abis import check_abis
from ethlogs.submission.selection_words import parse_address, parse_topic0, read_text


def check_selection(options: SelectionOptions) -> SelectionSettings:
    """Return the selection's settings.

    Raises
    ------
    SettingsError
        When an address, an event or an ABI has a wrong form, or a file cannot be read.
    """
    return SelectionSettings(
        addresses=_parse_all("--address", options.addresses),
        events=_parse_all("--event", options.events),
        abis=check_abis(options.abis),
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
        if value == "@":
            raise SettingsError(f"{flag} @: the file's name is missing", hint="give @FILE", flag=flag)
        lines = read_text(flag, value[1:]).splitlines()
        entries = [(line.partition("#")[0].strip(), n) for n, line in enumerate(lines, 1)]
        if not any(text for text, _ in entries):
            raise SettingsError(
                f"{flag} {value}: the file has no entry", hint="give one entry in each line", flag=flag
            )
        yield from ((text, f"line {n} of {value[1:]}: ") for text, n in entries if text)

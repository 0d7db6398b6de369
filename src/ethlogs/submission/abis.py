"""Turns the ABIs as a user gives them into the settings that travel: every event as its text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import orjson

from ethlogs.decoding.builtin import BUILTIN
from ethlogs.decoding.signature import parse_abi, parse_event
from ethlogs.errors import SettingsError
from ethlogs.settings import Abi
from ethlogs.submission.selection_words import parse_address, read_text

FLAG = "--abi"
SIGNATURE = "signature"
"""The name of an ABI that is one signature."""


def check_abis(values: Iterable[str]) -> tuple[Abi, ...]:
    """Return the ABIs in their order.

    Raises
    ------
    SettingsError
        When one is none, or a file cannot be read.
    """
    return tuple(_check_abi(value) for value in values)


def _check_abi(value: str) -> Abi:
    address, name = _split_address(value)
    try:
        contract = None if address is None else parse_address(address)
        if name in BUILTIN:
            return Abi(name, contract, BUILTIN[name])
        if "(" in name and not _is_file(name):
            return Abi(SIGNATURE, contract, (parse_event(name).text,))
    except ValueError as exc:
        raise SettingsError(f"{FLAG}: {exc}", flag=FLAG) from None
    return Abi(Path(name).name, contract, _read_events(name))


def _split_address(value: str) -> tuple[str | None, str]:
    address, separator, name = value.partition("=")
    return (address, name) if separator and value.startswith("0x") else (None, value)


def _is_file(name: str) -> bool:
    """Return whether a name is a file's; a signature may be longer than any name of one."""
    try:
        return Path(name).is_file()
    except OSError:
        return False


def _read_events(path: str) -> tuple[str, ...]:
    if not _is_file(path):
        raise SettingsError(
            f"{FLAG} {path!r} is not a file, a signature like Transfer(address,address,uint256), or one of"
            f" {', '.join(BUILTIN)}",
            flag=FLAG,
        )
    try:
        return tuple(event.text for event in parse_abi(orjson.loads(read_text(FLAG, path))))
    except ValueError as exc:
        reason = f"it is not JSON: {exc}" if isinstance(exc, orjson.JSONDecodeError) else exc
        raise SettingsError(
            f"{FLAG} {path} cannot be used: {reason}",
            hint="give the JSON list of a contract's functions and events, as a compiler writes it, or the"
            " signature of each event with its own --abi",
            flag=FLAG,
        ) from None

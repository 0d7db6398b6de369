"""The codec of a run's settings: one JSON file, secrets included, that only its owner can read."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from ethlogs.errors import SettingsError

T = TypeVar("T")


def to_json(settings: object) -> bytes:
    """Encode a settings object, secrets included: for a file that only its owner can read."""
    return msgspec.json.format(msgspec.json.encode(settings), indent=2)


def from_json(cls: type[T], data: bytes) -> T:
    """Decode what :func:`to_json` wrote.

    Raises
    ------
    SettingsError
        When the text is not JSON or does not have the shape of ``cls``.
    """
    try:
        settings = msgspec.json.decode(data, type=cls)
        _refuse_unknown(msgspec.json.decode(data), msgspec.to_builtins(settings))
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise SettingsError(f"the settings file cannot be read as {cls.__name__}: {exc}") from exc
    return settings


def _refuse_unknown(content: Any, known: Any) -> None:
    """Refuse keys that were left out of the object: msgspec ignores them in a dataclass."""
    if not isinstance(content, dict) or not isinstance(known, dict):
        return
    unknown = sorted(content.keys() - known.keys())
    if unknown:
        raise msgspec.ValidationError(f"unknown keys {unknown}")
    for key, value in content.items():
        _refuse_unknown(value, known[key])

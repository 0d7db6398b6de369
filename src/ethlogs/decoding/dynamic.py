"""Values of more than one word, like text, arrays and tuples: read by eth_abi, which is slow to load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from eth_abi.codec import ABIDecoder
from eth_abi.decoding import ContextFramesBytesIO
from eth_abi.exceptions import DecodingError
from eth_abi.registry import registry

from ethlogs.decoding.addresses import checksum_address
from ethlogs.decoding.event import TUPLE, Parameter
from ethlogs.decoding.words import MisfitError

_READS = 4
"""How often each byte may be read: offsets are looked at before they are followed."""


class _BoundedStream(ContextFramesBytesIO):
    """A log's data, which may not be read again and again.

    Offsets may point to one place many times, so that a small log would say gigabytes of values.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)  # type: ignore[no-untyped-call]  # eth_abi leaves it untyped
        self._left_bytes = _READS * len(data)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as any stream does."""
        data = super().read(size)
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise MisfitError
        return data


class _BoundedDecoder(ABIDecoder):
    stream_class = _BoundedStream


_DECODER = _BoundedDecoder(registry)


def decode_values(parameters: Sequence[Parameter], data: bytes) -> list[Any]:
    """The values of a log's data in the order of its parameters, each as it is in JSON.

    Raises
    ------
    MisfitError
        When the data are not the encoding of such values.
    """
    try:
        values = _DECODER.decode([item.type for item in parameters], data)
    # An offset that no stream can have, and text that is not UTF-8, are misfits like any other.
    except (DecodingError, OverflowError, ValueError) as exc:
        raise MisfitError from exc
    return [_to_json(item, value) for item, value in zip(parameters, values, strict=True)]


def _to_json(parameter: Parameter, value: Any) -> Any:
    if parameter.suffix:
        item = replace(parameter, suffix=parameter.suffix[: parameter.suffix.rindex("[")])
        return [_to_json(item, each) for each in value]
    if parameter.base == TUPLE:
        pairs = zip(parameter.components, value, strict=True)
        return {item.name: _to_json(item, each) for item, each in pairs}
    if parameter.base == "address":
        return checksum_address(value.lower())
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value if isinstance(value, bool | str) else str(value)

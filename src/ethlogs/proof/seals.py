"""Headers whose seal is hashed in another form than a node sends it: AuRa's and those of BFT chains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from ethlogs.proof.rlp import EMPTY, encode_list
from ethlogs.proof.rlp_reader import Item, read_list, read_only_item
from ethlogs.proof.shapes import ShapeError, parse_data, show

BFT_MIX_HASH = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
"""By this every IBFT and QBFT header is known."""

_VANITY_BYTES = 32
_EMPTY_LIST = b"\xc0"

Fields = Mapping[str, Any]


def rewrite_aura(fields: Fields) -> Iterator[Fields]:
    """The step and the signature as one number and one text, in whichever way the client spells them."""
    step: object
    signature: object
    if fields.get("sealFields") is not None:
        step, signature = _read_seal_fields(fields["sealFields"])
    else:
        names = ("step", "signature") if fields.get("step") is not None else ("auraStep", "auraSeal")
        step, signature = _to_quantity(fields.get(names[0])), _to_data(fields.get(names[1]))
    yield {**fields, "step": step, "signature": signature}


def rewrite_bft(fields: Fields) -> Iterator[Fields]:
    """The extraData without the commit seals, once for each rule by which it can be read."""
    for extra in unsealed_extra_data(parse_data(fields.get("extraData"))):
        yield {**fields, "extraData": "0x" + extra.hex()}


def unsealed_extra_data(extra: bytes) -> list[bytes]:
    """Return what is hashed of a BFT header's extraData, once for each rule by which it can be read.

    Raises ShapeError where it can be read by none of them.
    """
    unsealed = []
    for rule in (_unseal_legacy_ibft, _unseal_qbft, _unseal_ibft2):
        with suppress(ShapeError):
            unsealed.append(rule(extra))
    if not unsealed:
        raise ShapeError("the header's extraData is that of no known BFT chain")
    return unsealed


def _unseal_legacy_ibft(extra: bytes) -> bytes:
    """GoQuorum's IBFT: 32 bytes, then [validators, seal, commit seals]; the last are hashed as none."""
    sealed = extra[_VANITY_BYTES:]
    validators, seal, _ = _items(sealed, 3)
    parts = (validators.encoding(sealed), seal.encoding(sealed), _EMPTY_LIST)
    return extra[:_VANITY_BYTES] + encode_list(parts)


def _unseal_qbft(extra: bytes) -> bytes:
    """[vanity, validators, vote, round, commit seals]; hashed with round 0 and without seals."""
    kept = _items(extra, 5)[:3]
    return encode_list((*(item.encoding(extra) for item in kept), EMPTY, _EMPTY_LIST))


def _unseal_ibft2(extra: bytes) -> bytes:
    """As QBFT, but hashed without round and seals."""
    return encode_list(item.encoding(extra) for item in _items(extra, 5)[:3])


def _items(data: bytes, count: int) -> list[Item]:
    items = read_list(data, read_only_item(data))
    if len(items) != count:
        raise ShapeError(f"has {len(items)} items where {count} must be")
    return items


def _read_seal_fields(value: object) -> tuple[str, str]:
    """Parity's spelling: both as RLP already."""
    if not isinstance(value, list) or len(value) != 2:
        raise ShapeError(f"the header's sealFields are not a list of two: {show(value)}")
    contents = []
    for part in value:
        data = parse_data(part)
        contents.append(read_only_item(data).content(data))
    return "0x" + (contents[0].hex() or "0"), "0x" + contents[1].hex()


def _to_quantity(value: object) -> object:
    """Parity writes the step as a decimal number in text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        return hex(int(value))
    return hex(value) if type(value) is int and value >= 0 else value


def _to_data(value: object) -> object:
    """Parity leaves 0x away."""
    return "0x" + value if isinstance(value, str) and value[:2] != "0x" else value

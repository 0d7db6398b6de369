"""Signed transactions of the types 0, 1, 2 and 4, from accounts whose keys everybody can know."""

from __future__ import annotations

from functools import cache

from coincurve import PrivateKey

from ethlogs_devnet.geth import contracts
from ethlogs_devnet.geth.contracts import keccak256
from ethlogs_devnet.geth.plans import Kind, Step

Rlp = int | bytes | list["Rlp"]

ACCOUNTS = 60
MAX_FEE_WEI = 10**12
TIP_WEI = 10**9
_AUTHORIZATION_MAGIC = b"\x05"  # EIP-7702
_NEVER_VALID_NONCE = 2**63


def encode_rlp(item: Rlp) -> bytes:
    """Return the RLP encoding of an integer, a byte string or a list of such."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _with_length(item, 0x80)
    return _with_length(b"".join(map(encode_rlp, item)), 0xC0)


def _with_length(payload: bytes, offset: int) -> bytes:
    size = len(payload)
    if size < 56:
        return bytes([offset + size]) + payload
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(length)]) + length + payload


@cache
def _key(account: int) -> PrivateKey:
    return PrivateKey((0x1234567 + account).to_bytes(32, "big"))


@cache
def address_of(account: int) -> bytes:
    """Return the 20-byte address of the devnet's account number ``account``."""
    return keccak256(_key(account).public_key.format(compressed=False)[1:])[12:]


def _signature(account: int, digest: bytes) -> tuple[int, int, int]:
    """Return (y parity, r, s)."""
    signature = _key(account).sign_recoverable(digest, hasher=None)
    return signature[64], int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")


def build_transaction(step: Step, account: int, nonce: int, seed: int, salt: int, chain_id: int) -> str:
    """Return one signed transaction as hex.

    ``seed`` picks contract, amounts and receiver; a different ``salt`` gives the same transaction another
    hash and other event logs.
    """
    to, value, data = _target(step, account, seed + salt)
    gas = _gas_limit(step)
    call: list[Rlp] = [to, value, data]
    if step.type == 0:
        return _legacy([nonce, MAX_FEE_WEI + salt, gas, *call], account, chain_id)
    access: Rlp = [[to, [bytes(32)]]] if step.type == 1 and to else []
    fees: list[Rlp] = [MAX_FEE_WEI + salt] if step.type == 1 else [TIP_WEI + salt, MAX_FEE_WEI]
    fields: list[Rlp] = [chain_id, nonce, *fees, gas, *call, access]
    if step.type == 4:
        fields.append([_authorization(account, chain_id)])
    return _typed(step.type, fields, account)


def _legacy(fields: list[Rlp], account: int, chain_id: int) -> str:
    parity, r, s = _signature(account, keccak256(encode_rlp([*fields, chain_id, 0, 0])))
    return "0x" + encode_rlp([*fields, chain_id * 2 + 35 + parity, r, s]).hex()


def _typed(type_: int, fields: list[Rlp], account: int) -> str:
    parity, r, s = _signature(account, keccak256(bytes([type_]) + encode_rlp(fields)))
    return f"0x{type_:02x}" + encode_rlp([*fields, parity, r, s]).hex()


def _authorization(account: int, chain_id: int) -> Rlp:
    """An EIP-7702 authorization that is well formed and has no effect: its nonce is never reached."""
    fields: list[Rlp] = [chain_id, contracts.REVERTER_ADDRESS, _NEVER_VALID_NONCE]
    return [*fields, *_signature(account, keccak256(_AUTHORIZATION_MAGIC + encode_rlp(fields)))]


def _target(step: Step, account: int, seed: int) -> tuple[bytes, int, bytes]:
    """Return (to, value in wei, data)."""
    if step.kind is Kind.TRANSFER:
        return address_of((account + 1) % ACCOUNTS), 10**15, b""
    if step.kind is Kind.CREATE:
        return b"", 0, contracts.CREATION
    choices = {
        Kind.TOKEN: contracts.TOKENS,
        Kind.APPROVAL: contracts.APPROVALS,
        Kind.POOL: contracts.POOLS,
        Kind.COUNTER: [contracts.COUNTER_ADDRESS],
        Kind.ANONYMOUS: [contracts.ANONYMOUS_ADDRESS],
        Kind.LARGE: [contracts.LARGE_ADDRESS],
        Kind.REVERT: [contracts.REVERTER_ADDRESS],
    }[step.kind]
    receiver = int.from_bytes(address_of(seed % ACCOUNTS), "big")
    words = (step.size, (seed + 1) * 10**15, receiver)
    return choices[seed % len(choices)], 0, b"".join(word.to_bytes(32, "big") for word in words)


_GAS_A_LOG = {
    Kind.TOKEN: 2_000,
    Kind.APPROVAL: 2_000,
    Kind.POOL: 3_200,
    Kind.COUNTER: 900,
    Kind.ANONYMOUS: 500,
}


def _gas_limit(step: Step) -> int:
    base = {0: 30_000, 1: 35_000, 2: 30_000, 4: 60_000}[step.type]
    if step.kind is Kind.CREATE:
        return base + 30_000
    if step.kind is Kind.LARGE:
        words = (step.size + 31) // 32
        return base + 8 * step.size + words * 75 + words * words // 512
    return base + step.size * _GAS_A_LOG.get(step.kind, 0)

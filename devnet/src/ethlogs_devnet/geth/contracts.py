"""The contracts of the devnet's genesis: small programs that emit event logs.

All take 32-byte words as calldata. ``emitter`` contracts take (count, value, address).
"""

from __future__ import annotations

import sha3

_OPCODES = {
    "STOP": 0x00,
    "ADD": 0x01,
    "MUL": 0x02,
    "GT": 0x11,
    "ISZERO": 0x15,
    "CALLER": 0x33,
    "CALLDATALOAD": 0x35,
    "MSTORE": 0x52,
    "JUMP": 0x56,
    "JUMPI": 0x57,
    "JUMPDEST": 0x5B,
    "PUSH0": 0x5F,
    "DUP1": 0x80,
    "DUP2": 0x81,
    "LOG0": 0xA0,
    "LOG1": 0xA1,
    "LOG3": 0xA3,
    "RETURN": 0xF3,
    "REVERT": 0xFD,
}
_PUSH1 = 0x60


def keccak256(data: bytes) -> bytes:
    """Return Ethereum's hash of ``data``."""
    return bytes(sha3.keccak_256(data).digest())


def assemble(source: str) -> bytes:
    """Return the code of a program of fewer than 256 bytes.

    Words are opcodes, ``0x..`` (pushed), ``name:`` (a jump's target) and ``@name`` (its place, pushed).
    """
    code = bytearray()
    targets: dict[str, int] = {}
    uses: dict[int, str] = {}
    for word in source.split():
        if word.endswith(":"):
            targets[word[:-1]] = len(code)
            code.append(_OPCODES["JUMPDEST"])
        elif word.startswith("@"):
            uses[len(code) + 1] = word[1:]
            code += bytes([_PUSH1, 0])
        elif word.startswith("0x"):
            value = bytes.fromhex(word[2:])
            code += bytes([_PUSH1 - 1 + len(value)]) + value
        else:
            code.append(_OPCODES[word])
    for place, name in uses.items():
        code[place] = targets[name]
    return bytes(code)


def _loop(body: str) -> bytes:
    """Run ``body`` calldata[0] times; it finds its number on the stack and must leave it there."""
    return assemble(
        f"""PUSH0
        loop:  DUP1 PUSH0 CALLDATALOAD GT ISZERO @end JUMPI
               {body}
               0x01 ADD @loop JUMP
        end:   STOP"""
    )


def _event_emitter(signature: str, data_words: int) -> bytes:
    """Emit LOG3(signature, caller, address + i) with value + i and zeros as data."""
    return _loop(
        f"""DUP1 0x20 CALLDATALOAD ADD PUSH0 MSTORE
            DUP1 0x40 CALLDATALOAD ADD CALLER 0x{keccak256(signature.encode()).hex()}
            0x{32 * data_words:02x} PUSH0 LOG3"""
    )


TOKEN = _event_emitter("Transfer(address,address,uint256)", 1)
APPROVAL = _event_emitter("Approval(address,address,uint256)", 1)
POOL = _event_emitter("Swap(address,uint256,uint256,uint256,uint256,address)", 5)
COUNTER = _loop("DUP1 0x20 CALLDATALOAD ADD PUSH0 PUSH0 LOG1")
"""Emits ``count`` logs without data whose one topic is value + i: the cheapest distinct logs."""
ANONYMOUS = _loop("PUSH0 PUSH0 LOG0")
"""Emits ``count`` logs that have neither topics nor data."""
LARGE = assemble(
    """PUSH0
    loop:  DUP1 PUSH0 CALLDATALOAD GT ISZERO @end JUMPI
           DUP1 0x20 CALLDATALOAD MUL DUP2 MSTORE
           0x20 ADD @loop JUMP
    end:   0x20 CALLDATALOAD PUSH0 CALLDATALOAD PUSH0 LOG1 STOP"""
)
"""Emits one log of calldata[0] bytes of data: word i is 32 * i * value; its topic is value."""
REVERTER = assemble("PUSH0 PUSH0 REVERT")
CREATION = assemble("0x01 PUSH0 RETURN")
"""Init code that deploys a contract of one zero byte."""


def addresses(first: int, count: int) -> list[bytes]:
    """Return ``count`` consecutive 20-byte addresses."""
    return [(first + i).to_bytes(20, "big") for i in range(count)]


TOKENS = addresses(0x70 << 152, 20)
APPROVALS = addresses(0x71 << 152, 5)
POOLS = addresses(0x72 << 152, 5)
COUNTER_ADDRESS, ANONYMOUS_ADDRESS, LARGE_ADDRESS, REVERTER_ADDRESS = addresses(0x73 << 152, 4)


def deployed() -> dict[bytes, bytes]:
    """Return the code at each address of the genesis."""
    return {
        **dict.fromkeys(TOKENS, TOKEN),
        **dict.fromkeys(APPROVALS, APPROVAL),
        **dict.fromkeys(POOLS, POOL),
        COUNTER_ADDRESS: COUNTER,
        ANONYMOUS_ADDRESS: ANONYMOUS,
        LARGE_ADDRESS: LARGE,
        REVERTER_ADDRESS: REVERTER,
    }

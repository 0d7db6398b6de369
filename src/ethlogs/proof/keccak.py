"""keccak-256, from the fastest implementation that the environment has."""

from __future__ import annotations

from collections.abc import Callable

Keccak = Callable[[bytes], bytes]

KECCAK_OF_NOTHING = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")


def _find_keccak256() -> Keccak:
    """The C module safe-pysha3 where it is installed, else whatever eth-hash finds.

    32 bytes cost 1 µs with safe-pysha3 and 10 µs with pycryptodome. The backend's function is taken
    rather than eth-hash's wrapper of it, which checks types already checked here and costs half as
    much again. hashlib has SHA3-256 only, which pads differently and gives other hashes.
    """
    try:
        from eth_hash.backends import pysha3
    except ImportError:
        from eth_hash.auto import keccak

        found: Keccak = keccak
    else:
        found = pysha3.keccak256
    if found(b"") != KECCAK_OF_NOTHING:
        raise ImportError("the installed keccak-256 gives a wrong hash")
    return found


keccak256: Keccak = _find_keccak256()

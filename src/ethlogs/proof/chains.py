"""Chains whose block hashes commit to no receipts: nothing on them can be proven. Data, by chain id."""

from __future__ import annotations

_ETHERMINT = "its block hashes are Tendermint's, and its receipts roots are always the empty one"
_HEDERA = "its block hashes are those of record files, not of headers"
_OPERA = "its block hashes are those of events, not of headers"
_ERA = "its headers have no receipts root"

_UNPROVABLE = {
    25: ("Cronos", _ETHERMINT),
    338: ("Cronos testnet", _ETHERMINT),
    777: ("Cronos test network", _ETHERMINT),
    9000: ("Evmos testnet", _ETHERMINT),
    9001: ("Evmos", _ETHERMINT),
    2222: ("Kava", _ETHERMINT),
    7700: ("Canto", _ETHERMINT),
    295: ("Hedera", _HEDERA),
    296: ("Hedera testnet", _HEDERA),
    297: ("Hedera previewnet", _HEDERA),
    250: ("Fantom Opera", _OPERA),
    4002: ("Fantom Opera testnet", _OPERA),
    324: ("zkSync Era", _ERA),
    300: ("zkSync Era Sepolia", _ERA),
}


def why_unprovable(chain_id: int) -> str | None:
    """Return why nothing on this chain can be proven, as a sentence; ``None`` for every other chain."""
    found = _UNPROVABLE.get(chain_id)
    if found is None:
        return None
    name, reason = found
    return f"{name} (chain id {chain_id}) cannot be proven: {reason}"

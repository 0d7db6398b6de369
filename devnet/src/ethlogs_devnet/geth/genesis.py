"""The genesis block: contracts that emit logs and accounts that can pay for calling them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.geth.contracts import deployed
from ethlogs_devnet.geth.transactions import ACCOUNTS, address_of

GENESIS_TIMESTAMP = 1_700_000_000
BLOCK_SPACING_SECONDS = 12
# Osaka and later are left out: they cap a transaction at 2^24 gas (EIP-7825), which is too little for an
# event log of some MB.
_FORK_TIMES = {"shanghaiTime", "cancunTime", "pragueTime"}


@dataclass(frozen=True)
class ChainSpec:
    """What makes one chain differ from another; the gas limit is in the genesis hash, the chain id is not."""

    chain_id: int = 1337
    gas_limit: int = 60_000_000


def build_genesis(spec: ChainSpec, geth: Path) -> dict[str, Any]:
    """Return the genesis as geth's JSON, around the system contracts that ``geth`` itself prescribes."""
    genesis = _fetch_developer_genesis(geth)
    config = genesis["config"]
    for fork in [name for name in config if name.endswith("Time") and name not in _FORK_TIMES]:
        del config[fork]
    config["chainId"] = spec.chain_id
    genesis["timestamp"] = hex(GENESIS_TIMESTAMP)
    genesis["gasLimit"] = hex(spec.gas_limit)
    for address, code in deployed().items():
        genesis["alloc"][address.hex()] = {"balance": "0x1", "code": "0x" + code.hex()}
    for account in range(ACCOUNTS):
        genesis["alloc"][address_of(account).hex()] = {"balance": hex(10**27)}
    return {name: value for name, value in genesis.items() if value is not None}


def _fetch_developer_genesis(geth: Path) -> dict[str, Any]:
    command = [str(geth), "--dev", "dumpgenesis"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise DevnetError(f"{' '.join(command)} failed: {result.stderr.strip()[-300:]}")
    genesis: dict[str, Any] = json.loads(result.stdout)
    return genesis

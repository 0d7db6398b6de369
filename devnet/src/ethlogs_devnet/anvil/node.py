"""One anvil on the loopback address, whose blocks are made by whoever holds the object."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ethlogs_devnet.anvil.binary import find_anvil
from ethlogs_devnet.geth.contracts import COUNTER_ADDRESS, deployed
from ethlogs_devnet.geth.ready import wait_until_answering
from ethlogs_devnet.geth.rpc import JsonRpc
from ethlogs_devnet.ports import LOOPBACK, find_free_ports
from ethlogs_devnet.process import ServiceProcess
from ethlogs_devnet.service import OneProcess

_GAS = 1_000_000
_DEPOSIT = {"type": "0x7e", "mint": "0x0", "isSystemTx": False}


class AnvilNode(OneProcess):
    """An anvil with the devnet's contracts; its chain is in memory and ends with it.

    ``network`` is "optimism" for a chain whose blocks begin with a deposit, as those of the OP Stack do.
    """

    name = "anvil"

    def __init__(self, state_dir: Path, network: str | None = None) -> None:
        self._state_dir = state_dir
        self._network = network
        (self._port,) = find_free_ports(1)
        self._process = ServiceProcess(self.name, state_dir / "anvil.log")
        self._http = JsonRpc(self.url)
        self._deposits = 0

    @property
    def url(self) -> str:
        """URL of the HTTP endpoint."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def ws_url(self) -> str:
        """URL of the WebSocket endpoint, on the same port."""
        return f"ws://{LOOPBACK}:{self._port}"

    def rpc(self, method: str, *params: Any) -> Any:
        """Return the result of one JSON-RPC call over HTTP."""
        return self._http.call(method, *params)

    def height(self) -> int:
        """Return the number of the latest block."""
        return int(self.rpc("eth_blockNumber"), 16)

    def start(self) -> None:
        """Start it with the devnet's contracts and wait until it answers."""
        anvil = find_anvil()
        self._state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        network = ("--network", self._network) if self._network else ()
        self._process.start(
            [str(anvil), "--host", LOOPBACK, "--port", str(self._port), "--no-mining", *network]
        )
        wait_until_answering(self._process, self._http)
        for address, code in deployed().items():
            self.rpc("anvil_setCode", f"0x{address.hex()}", f"0x{code.hex()}")

    def commit_block(self, logs: Sequence[int] = (2, 0, 3)) -> None:
        """Put a block on top of the chain: a transaction for each number, with so many event logs.

        On the OP Stack a deposit is the first of them.
        """
        sender, depositor, *_ = self.rpc("eth_accounts")
        for place, count in enumerate(logs):
            call: dict[str, Any] = {"from": sender, "to": f"0x{COUNTER_ADDRESS.hex()}", "gas": hex(_GAS)}
            call["data"] = "0x" + b"".join(word.to_bytes(32, "big") for word in (count, 7, 0)).hex()
            if self._network == "optimism" and place == 0:
                self._deposits += 1
                call |= {**_DEPOSIT, "from": depositor, "sourceHash": f"0x{self._deposits:064x}"}
            self.rpc("eth_sendTransaction", call)
        self.rpc("evm_mine")

    def reorg(self, depth: int) -> None:
        """Replace the newest ``depth`` blocks by others, which are empty."""
        self.rpc("anvil_reorg", depth, [])

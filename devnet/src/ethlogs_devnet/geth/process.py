"""One geth without peers on the loopback address: its process, its data folder, its endpoints."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.geth.binary import GethBinary, find_geth
from ethlogs_devnet.geth.genesis import ChainSpec, build_genesis
from ethlogs_devnet.geth.ready import wait_until_answering
from ethlogs_devnet.geth.rpc import JsonRpc
from ethlogs_devnet.ports import LOOPBACK, find_free_ports
from ethlogs_devnet.process import ServiceProcess
from ethlogs_devnet.service import OneProcess

_LONGEST_SOCKET_PATH = 100  # the kernel takes 107 bytes
_NO_LISTENER = '[Node.P2P]\nListenAddr = ""\n'  # --port 0 would listen on every interface
_HTTP_APIS = "eth,net,web3,debug,txpool,testing"
# Each committed block is in the operating system's hands when the call returns, so a killed geth comes back
# with its head: the path scheme keeps state in memory, and pebble writes its log a little later.
_DURABLE = ("--state.scheme", "hash", "--db.engine", "leveldb")


class GethProcess(OneProcess):
    """A geth with nothing but the genesis block; it keeps its ports while it is stopped, killed or frozen.

    ``state_dir`` keeps data, log and settings. ``ipc`` opens a unix socket too.
    """

    name = "geth"

    def __init__(self, state_dir: Path, spec: ChainSpec | None = None, *, ipc: bool = False) -> None:
        self.state_dir = Path(state_dir)
        self.spec = spec or ChainSpec()
        self._ipc = ipc
        self._http_port, self._engine_port = find_free_ports(2)
        self._process = ServiceProcess(self.name, self.state_dir / "geth.log")
        self.http = JsonRpc(self.url)

    @property
    def url(self) -> str:
        """URL of the HTTP endpoint."""
        return f"http://{LOOPBACK}:{self._http_port}"

    @property
    def ws_url(self) -> str:
        """URL of the WebSocket endpoint, on the same port."""
        return f"ws://{LOOPBACK}:{self._http_port}"

    @property
    def ipc_url(self) -> str:
        """URL of the unix socket (``ipc=True`` only)."""
        return f"ipc://{self._ipc_path}"

    @property
    def ports(self) -> list[int]:
        """The ports that it listens on: HTTP, engine API."""
        return [self._http_port, self._engine_port]

    @property
    def data_dir(self) -> Path:
        """The folder of the chain's database."""
        return self.state_dir / "data"

    @property
    def engine(self) -> JsonRpc:
        """The engine API, which consensus clients use."""
        secret = (self.data_dir / "geth" / "jwtsecret").read_text().strip()
        return JsonRpc(f"http://{LOOPBACK}:{self._engine_port}", bytes.fromhex(secret.removeprefix("0x")))

    def rpc(self, method: str, *params: Any) -> Any:
        """Return the result of one JSON-RPC call over HTTP."""
        return self.http.call(method, *params)

    def height(self) -> int:
        """Return the number of the latest block."""
        return int(self.rpc("eth_blockNumber"), 16)

    def block_hash(self, height: int) -> str:
        """Return the hash of the canonical block at ``height``."""
        block_hash: str = self.rpc("eth_getBlockByNumber", hex(height), False)["hash"]
        return block_hash

    def create_data(self, binary: GethBinary) -> None:
        """Write the genesis block into the new data folder."""
        self.data_dir.mkdir(parents=True)
        genesis = self.data_dir / "genesis.json"
        genesis.write_text(json.dumps(build_genesis(self.spec, binary.path)))
        command = [str(binary.path), "init", *_DURABLE, "--datadir", str(self.data_dir), str(genesis)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise DevnetError(f"geth init failed: {result.stderr.strip()[-500:]}")

    def start(self) -> None:
        """Start it and wait until it answers."""
        binary = find_geth()
        self.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.data_dir.exists():
            self.create_data(binary)
        self._process.start(self._command(binary))
        wait_until_answering(self._process, self.http)

    def stop(self) -> None:
        """End it gently."""
        super().stop()
        self._remove_socket_folder()

    @cached_property
    def _ipc_path(self) -> Path:
        beside_data = self.state_dir.absolute() / "geth.ipc"
        if len(str(beside_data)) <= _LONGEST_SOCKET_PATH:
            return beside_data
        return Path(tempfile.gettempdir()) / f"ethlogs-devnet-{self._http_port}" / "geth.ipc"

    def _remove_socket_folder(self) -> None:
        if self._ipc and self._ipc_path.parent != self.state_dir.absolute():
            shutil.rmtree(self._ipc_path.parent, ignore_errors=True)

    def _command(self, binary: GethBinary) -> list[str]:
        config = self.state_dir / "geth.toml"
        config.write_text(_NO_LISTENER)
        if self._ipc:
            self._ipc_path.parent.mkdir(exist_ok=True, mode=0o700)
        ipc = ["--ipcpath", str(self._ipc_path)] if self._ipc else ["--ipcdisable"]
        return [
            str(binary.path),
            *("--datadir", str(self.data_dir), "--config", str(config), *_DURABLE),
            *("--networkid", str(self.spec.chain_id), "--nodiscover", "--maxpeers", "0", "--nat", "none"),
            *("--http", "--http.addr", LOOPBACK, "--http.port", str(self._http_port)),
            *("--ws", "--ws.addr", LOOPBACK, "--ws.port", str(self._http_port), "--ws.api", _HTTP_APIS),
            *("--http.api", _HTTP_APIS, "--authrpc.addr", LOOPBACK, "--authrpc.port", str(self._engine_port)),
            *("--syncmode", "full", "--gcmode", "archive", "--history.logs", "0"),
            *("--cache", "256", "--miner.gaslimit", str(self.spec.gas_limit)),
            *("--rpc.batch-request-limit", "1000", "--rpc.batch-response-max-size", "100000000"),
            *ipc,
        ]

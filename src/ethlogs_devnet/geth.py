"""One geth without peers on the loopback address, whose blocks are made by whoever holds the object."""

from __future__ import annotations

import json
import subprocess
import time
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ethlogs_devnet.chain import ChainWriter
from ethlogs_devnet.errors import DevnetError, NodeRpcError, NodeUnreachableError
from ethlogs_devnet.genesis import ChainSpec, build_genesis
from ethlogs_devnet.geth_binary import GethBinary, find_geth
from ethlogs_devnet.plans import DEFAULT_PLAN, BlockPlan
from ethlogs_devnet.ports import LOOPBACK, find_free_ports
from ethlogs_devnet.process import ServiceProcess
from ethlogs_devnet.rpc import JsonRpc

_START_SECONDS = 60.0
_NO_LISTENER = '[Node.P2P]\nListenAddr = ""\n'  # --port 0 would listen on every interface
# Each committed block is in the operating system's hands when the call returns, so a killed geth comes back
# with its head: the path scheme keeps state in memory, and pebble writes its log a little later.
_DURABLE = ("--state.scheme", "hash", "--db.engine", "leveldb")
_HTTP_APIS = "eth,net,web3,debug,txpool,testing"


class GethNode:
    """A geth process, its data and its chain.

    ``state_dir`` keeps data, log and settings. ``blocks`` is the length of the ready-made chain that a new
    data folder begins with (see :mod:`ethlogs_devnet.ready_chain`). ``ipc`` opens a unix socket too.
    A stopped, killed or frozen node keeps its ports; ``start`` or ``restart`` uses them again.
    """

    name = "geth"

    def __init__(
        self, state_dir: Path, blocks: int = 0, *, ipc: bool = False, spec: ChainSpec | None = None
    ) -> None:
        self.state_dir = Path(state_dir)
        self.spec = spec or ChainSpec()
        self.blocks = blocks
        self._ipc = ipc
        self._http_port, self._engine_port = find_free_ports(2)
        self._process = ServiceProcess("geth", self.state_dir / "geth.log")
        self._rpc = JsonRpc(self.url)
        self._writer = ChainWriter(self._rpc, lambda: self._engine, self.spec)

    # ------------------------------------------------------------------ where it is

    @property
    def url(self) -> str:
        """URL of the HTTP endpoint."""
        return f"http://{LOOPBACK}:{self._http_port}"

    @property
    def ipc_url(self) -> str:
        """URL of the unix socket (``ipc=True`` only)."""
        return f"ipc://{self._ipc_path}"

    @property
    def ports(self) -> list[int]:
        """The ports that it listens on."""
        return [self._http_port, self._engine_port]

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid

    @property
    def data_dir(self) -> Path:
        """The folder of the chain's database."""
        return self.state_dir / "data"

    def environment(self) -> dict[str, str]:
        """Return the settings that point ethlogs at this node."""
        return {"ETHLOGS_NODE_URL": self.url}

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Start it, with a ready-made chain if the data folder is new, and wait until it answers."""
        binary = find_geth()
        if not self.data_dir.exists():
            self._create_data(binary)
        self._writer.forget_nonces()
        self._process.start(self._command(binary))
        self._wait_until_ready()

    def _create_data(self, binary: GethBinary) -> None:
        from ethlogs_devnet.ready_chain import restore_chain  # it starts a GethNode of its own

        self.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.blocks:
            restore_chain(self.data_dir, self.blocks, self.spec, binary)
        else:
            init_data(self.data_dir, self.spec, binary)

    def stop(self) -> None:
        """End it gently."""
        self._process.stop()

    def kill(self) -> None:
        """End it at once by SIGKILL."""
        self._process.kill()

    def restart(self) -> None:
        """Start it again on the same ports and data, after a kill or while it runs."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """SIGSTOP: connections are accepted by the kernel and never answered."""
        self._process.freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        self._process.thaw()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ------------------------------------------------------------------ the chain

    def rpc(self, method: str, *params: Any) -> Any:
        """Return the result of one JSON-RPC call over HTTP."""
        return self._rpc.call(method, *params)

    def height(self) -> int:
        """Return the number of the latest block."""
        return int(self.rpc("eth_blockNumber"), 16)

    def block_hash(self, height: int) -> str:
        """Return the hash of the canonical block at ``height``."""
        block_hash: str = self.rpc("eth_getBlockByNumber", hex(height), False)["hash"]
        return block_hash

    def commit_block(
        self, plan: BlockPlan = DEFAULT_PLAN, timestamp: int | None = None, salt: int = 0
    ) -> str:
        """Put a block on top of the chain and return its hash; see :meth:`ChainWriter.commit`."""
        return self._writer.commit(plan, timestamp, salt)

    def rewind(self, height: int) -> None:
        """Make block ``height`` the head again (debug_setHead): clients see a lower head."""
        self._writer.rewind(height)

    def reorg(
        self, depth: int, salt: int = 1, plan: BlockPlan = DEFAULT_PLAN, length: int | None = None
    ) -> list[str]:
        """Replace the newest ``depth`` blocks at one blow; see :meth:`ChainWriter.reorg`."""
        return self._writer.reorg(depth, salt, plan, length)

    def set_finalized(self, height: int) -> None:
        """Make block ``height`` the node's ``safe`` and ``finalized`` block."""
        self._writer.set_finalized(height)

    # ------------------------------------------------------------------ inside

    @cached_property
    def _engine(self) -> JsonRpc:
        secret = (self.data_dir / "geth" / "jwtsecret").read_text().strip()
        return JsonRpc(f"http://{LOOPBACK}:{self._engine_port}", bytes.fromhex(secret.removeprefix("0x")))

    @property
    def _ipc_path(self) -> Path:
        return self.state_dir / "geth.ipc"

    def _command(self, binary: GethBinary) -> list[str]:
        config = self.state_dir / "geth.toml"
        config.write_text(_NO_LISTENER)
        ipc = ["--ipcpath", str(self._ipc_path)] if self._ipc else ["--ipcdisable"]
        return [
            str(binary.path),
            *("--datadir", str(self.data_dir), "--config", str(config)),
            *("--networkid", str(self.spec.chain_id), "--nodiscover", "--maxpeers", "0", "--nat", "none"),
            *("--http", "--http.addr", LOOPBACK, "--http.port", str(self._http_port)),
            *("--http.api", _HTTP_APIS, "--authrpc.addr", LOOPBACK, "--authrpc.port", str(self._engine_port)),
            *("--syncmode", "full", "--gcmode", "archive", "--history.logs", "0", *_DURABLE),
            *("--cache", "256", "--miner.gaslimit", str(self.spec.gas_limit)),
            *("--rpc.batch-request-limit", "1000", "--rpc.batch-response-max-size", "100000000"),
            *ipc,
        ]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if not self._process.is_alive():
                raise self._process.failure("ended while it was starting")
            try:
                self._rpc.call("eth_chainId", timeout_seconds=2.0)
                return
            except (NodeUnreachableError, NodeRpcError):
                time.sleep(0.03)
        self._process.kill()
        raise self._process.failure(f"did not answer within {_START_SECONDS:.0f} s")


def init_data(data_dir: Path, spec: ChainSpec, binary: GethBinary) -> None:
    """Write the genesis block into a new data folder."""
    data_dir.mkdir(parents=True)
    genesis = data_dir / "genesis.json"
    genesis.write_text(json.dumps(build_genesis(spec, binary.path)))
    command = [str(binary.path), "init", *_DURABLE, "--datadir", str(data_dir), str(genesis)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise DevnetError(f"geth init failed: {result.stderr.strip()[-500:]}")

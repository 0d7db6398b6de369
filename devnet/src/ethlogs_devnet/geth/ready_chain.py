"""Chains that are made once and restored from the cache afterwards."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
import tempfile
from dataclasses import asdict
from pathlib import Path

from ethlogs_devnet.cache import cache_folder, locked
from ethlogs_devnet.geth.binary import GethBinary
from ethlogs_devnet.geth.chain import ChainWriter, chain_time
from ethlogs_devnet.geth.genesis import ChainSpec
from ethlogs_devnet.geth.plans import DEFAULT_PLAN
from ethlogs_devnet.geth.process import GethProcess

GENERATOR = 1
"""Raise it with every change of contracts, plans, genesis or transactions: it is part of the cache's key."""
_LEFT_OUT = {"LOCK", "nodekey", "jwtsecret"}


def find_chain(blocks: int, spec: ChainSpec, binary: GethBinary) -> Path:
    """Return the archive of a chain of ``blocks`` blocks of the default plan; make it where it is not there.

    The chain is the same on every machine: block n was made at 1,700,000,000 + 12 n seconds.
    """
    archive = cache_folder() / "chains" / f"{_key(blocks, spec, binary.version)}.tar"
    if not archive.exists():
        with locked("chains"):
            if not archive.exists():
                _make(archive, blocks, spec, binary)
    return archive


def restore_chain(data_dir: Path, blocks: int, spec: ChainSpec, binary: GethBinary) -> None:
    """Fill a new data folder with a chain of ``blocks`` blocks."""
    with tarfile.open(find_chain(blocks, spec, binary)) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        tar.extractall(data_dir)  # noqa: S202 - written by _make, below


def _key(blocks: int, spec: ChainSpec, geth_version: str) -> str:
    what = {"generator": GENERATOR, "blocks": blocks, "geth": geth_version, **asdict(spec)}
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


def _make(archive: Path, blocks: int, spec: ChainSpec, binary: GethBinary) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".making-", dir=archive.parent))
    try:
        with GethProcess(folder, spec) as node:
            writer = ChainWriter(node)
            for height in range(1, blocks + 1):
                writer.commit(DEFAULT_PLAN, chain_time(height))
        packed = folder / "chain.tar"
        with tarfile.open(packed, "w") as tar:
            tar.add(node.data_dir, ".", filter=_without_secrets)
        packed.rename(archive)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _without_secrets(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if Path(member.name).name in _LEFT_OUT else member

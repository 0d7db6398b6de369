"""The folder of things that are fetched or built once: geth, Kafka's jars, ready-made chains."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """Return ``$ETHLOGS_DEVNET_CACHE``, else ``ethlogs-devnet`` in the user's cache folder."""
    if given := os.environ.get("ETHLOGS_DEVNET_CACHE"):
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ethlogs-devnet"


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock ``name`` of the cache: one process at a time fetches or builds a thing."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def building_folder(final: Path) -> Iterator[Path]:
    """Give a temporary folder that becomes ``final`` (replacing it) if the block ends without error."""
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
    try:
        yield temporary
        if final.exists():
            shutil.rmtree(final)
        temporary.rename(final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)

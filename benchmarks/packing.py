"""Packing the driver's environment: the first time, unchanged, and with one package changed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ethlogs.environment import Archive, PackSettings, pack_environment
from ethlogs_devnet.conda.channel import find_channel, write_env_file

TEMPLATE = Path(__file__).parents[1] / "conda-env.yml"
_BEFORE, _AFTER = "click>=8.1,<9", "click>=8.1,<8.2"


@dataclass(frozen=True)
class Packing:
    """One call of pack."""

    name: str
    archive: Archive

    @property
    def seconds(self) -> float:
        """All of it, of this call alone."""
        return self.archive.seconds["all"]


def pack_thrice() -> Iterator[Packing]:
    """The three calls, with a cache of their own; pip's and the channel's caches are warm."""
    with tempfile.TemporaryDirectory() as folder:
        cache, env_file = Path(folder) / "cache", Path(folder) / "conda-env.yml"
        write_env_file(env_file, find_channel(), TEMPLATE)
        settings = PackSettings(env_file=str(env_file))
        yield Packing("first", pack_environment(settings, cache, _ignore))
        yield Packing("unchanged", pack_environment(settings, cache, _ignore))
        env_file.write_text(env_file.read_text().replace(_BEFORE, _AFTER))
        yield Packing("one package changed", pack_environment(settings, cache, _ignore))


def _ignore(_text: str) -> None:
    """Nobody watches."""

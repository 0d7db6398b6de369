"""A conda environment as an archive that runs where nothing is installed."""

from ethlogs.environment.archive import find_interpreter, require_packages
from ethlogs.environment.pack import Archive, PackSettings, pack_environment

__all__ = ["Archive", "PackSettings", "find_interpreter", "pack_environment", "require_packages"]

"""Kafka's codecs, and the Python packages without which kafka-python neither writes nor reads them."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping

from ethlogs.errors import SettingsError

PACKAGES: Mapping[str, str] = {"lz4": "lz4", "snappy": "snappy", "zstd": "zstandard"}
"""The import name of each codec's package; gzip is a part of Python."""


def require_codec(codec: str | None, purpose: str) -> None:
    """Refuse a codec that this Python does not have; every word that names none passes.

    Raises
    ------
    SettingsError
        Naming the package and what installs it.
    """
    package = PACKAGES.get(codec or "")
    if package is not None and importlib.util.find_spec(package) is None:
        raise SettingsError(
            f"{purpose} by {codec}, and this Python has no package {package} for it",
            hint=f"pip install 'kafka-python[{codec}]', and on a cluster pack an environment with it",
        )

"""The exact content of an environment, and the fingerprint that names its archive."""

from __future__ import annotations

import email.parser
import hashlib
import platform
from pathlib import Path
from typing import Any

import orjson

from ethlogs.environment.redact import redact
from ethlogs.errors import PackError

LEFT_OUT = ("ethlogs", "pyspark")
"""Distributions that are not packed: ethlogs travels with each submission, pyspark is the cluster's."""

_SHORT = 16


def read_content(prefix: Path) -> dict[str, Any]:
    """The conda packages and Python distributions of an environment, as its lock file lists them.

    Raises
    ------
    PackError
        When the folder is not a conda environment.
    """
    metadata = prefix / "conda-meta"
    if not metadata.is_dir():
        raise PackError(
            f"{prefix} is not a conda environment: it has no conda-meta",
            hint="make one with conda, mamba or micromamba, or give --env-file",
        )
    records = [orjson.loads(file.read_bytes()) for file in sorted(metadata.glob("*.json"))]
    conda = [
        {key: _shown(record.get(key)) for key in ("name", "version", "build", "url", "sha256")}
        for record in records
        if record["name"] not in LEFT_OUT
    ]
    return {"machine": platform.machine(), "conda": conda, "python": _read_distributions(prefix)}


def _shown(value: Any) -> Any:
    return redact(value) if isinstance(value, str) else value


def fingerprint_of(content: dict[str, Any]) -> str:
    """16 hexadecimal digits that differ where the content does."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:_SHORT]


def python_version(content: dict[str, Any]) -> str | None:
    """The interpreter's version, like ``3.11.7``."""
    return next((str(record["version"]) for record in content["conda"] if record["name"] == "python"), None)


def _read_distributions(prefix: Path) -> list[dict[str, str]]:
    found = []
    for folder in sorted(prefix.glob("lib/python3*/site-packages/*.dist-info")):
        if not (folder / "METADATA").is_file():
            # What an uninstallation left behind; conda-pack says whether that matters.
            continue
        metadata = email.parser.Parser().parsestr(
            (folder / "METADATA").read_text(errors="replace"), headersonly=True
        )
        if metadata["Name"] and metadata["Name"].lower() not in LEFT_OUT:
            version = metadata["Version"] or ""
            found.append({"name": metadata["Name"], "version": version, "record": _digest_record(folder)})
    return found


def _digest_record(folder: Path) -> str:
    """Of what a distribution installed, but its scripts: they hold the environment's own path."""
    record = folder / "RECORD"
    if not record.is_file():
        return ""
    lines = [line for line in record.read_bytes().splitlines() if not line.startswith(b"../")]
    return hashlib.sha256(b"\n".join(sorted(lines))).hexdigest()

"""Livy's jars: its server alone, as Maven Central has no more of this version."""

from __future__ import annotations

from pathlib import Path

from ethlogs_devnet.maven import JarSet, Module

LIVY_VERSION = "0.7.1"

LIVY_JARS = JarSet(
    "Livy",
    LIVY_VERSION,
    # apart from the server there is no REPL, which sessions would need: batches are all that it serves
    (Module("org.apache.livy", "livy-server", f"{LIVY_VERSION}-incubating"),),
    Path(__file__).with_name("jars.sha256"),
    "some minutes",
)

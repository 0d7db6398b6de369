"""Fake executables: a real java or spark-submit cannot be made to fail in the ways that matter here."""

from __future__ import annotations

from pathlib import Path

JAVA_17 = 'openjdk version "17.0.15" 2025-04-15'


def write_program(path: Path, script: str) -> str:
    """Make an executable shell script; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def write_java(path: Path, says: str = JAVA_17) -> str:
    """A fake java that says its version on stderr, as the real one does."""
    return write_program(path, f"cat >&2 <<'END'\n{says}\nEND")


def write_spark(home: Path, version: str = "4.0.0", script: str = "exit 99") -> str:
    """A fake Spark, whose jars tell its version; returns the path of its spark-submit."""
    (home / "jars").mkdir(parents=True)
    (home / "jars" / f"spark-core_2.13-{version}.jar").touch()
    return write_program(home / "bin" / "spark-submit", script)

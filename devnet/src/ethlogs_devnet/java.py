"""The Java of this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ethlogs_devnet.errors import MissingToolError


def find_java() -> str:
    """Return the java of JAVA_HOME, else the one on PATH."""
    if found := _find("java"):
        return found
    raise MissingToolError(
        "Kafka and Hadoop need Java 17 and there is none", hint="apt-get install openjdk-17-jre-headless"
    )


def find_javac() -> str:
    """Return the compiler of JAVA_HOME, else the one on PATH."""
    if found := _find("javac"):
        return found
    raise MissingToolError(
        "Hadoop's main class has to be compiled once and there is no Java compiler",
        hint="apt-get install openjdk-17-jdk-headless",
    )


def find_keytool() -> str:
    """Return the keytool beside the java that is used, or the one on PATH."""
    if found := _find("keytool"):
        return found
    raise MissingToolError(
        "Java's stores of certificates need keytool and there is none",
        hint="apt-get install openjdk-17-jre-headless",
    )


def java_home(java: str) -> Path:
    """Return the folder that JAVA_HOME has to name for this java."""
    return Path(java).resolve().parent.parent


def _find(program: str) -> str | None:
    home = os.environ.get("JAVA_HOME")
    if home and (found := Path(home) / "bin" / program).exists():
        return str(found)
    return shutil.which(program)

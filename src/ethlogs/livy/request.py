"""The batch that does what a spark-submit line for YARN does, built by a pure function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_TEXTS = {
    "--name": "name",
    "--queue": "queue",
    "--driver-memory": "driverMemory",
    "--executor-memory": "executorMemory",
    "--proxy-user": "proxyUser",
}
_COUNTS = {
    "--driver-cores": "driverCores",
    "--num-executors": "numExecutors",
    "--executor-cores": "executorCores",
}
_LISTS = {"--py-files": "pyFiles"}
_OF_THE_SERVER = frozenset({"--master", "--deploy-mode", "--properties-file"})
"""Flags that are the server's to say, or whose content is in the configuration."""
_LEFT_OUT = frozenset(
    {
        "spark.master",
        "spark.submit.deployMode",
        "spark.submit.pyFiles",
        # of files on this machine, and refused together with impersonation
        "spark.kerberos.keytab",
        "spark.kerberos.principal",
        "spark.yarn.keytab",
        "spark.yarn.principal",
    }
)
"""Settings that Livy refuses, or that are in a field of the request."""


def build_batch(argv: Sequence[str], configured: Mapping[str, str]) -> dict[str, Any]:
    """Return the body of ``POST /batches`` for a whole command line.

    ``configured`` is what Spark's properties say on this machine: the server has others.
    """
    batch: dict[str, Any] = {}
    conf = {key: value for key, value in configured.items() if key.startswith("spark.")}
    words = iter(argv[1:])
    for word in words:
        if not word.startswith("--"):
            batch.update(file=word, args=list(words))
        elif word == "--conf":
            key, _, value = next(words).partition("=")
            conf[key] = value
        else:
            batch.update(_to_fields(word, next(words)))
    batch["conf"] = {key: value for key, value in conf.items() if key not in _LEFT_OUT}
    return batch


def _to_fields(flag: str, value: str) -> Iterator[tuple[str, Any]]:
    """The fields of the request that say what a flag says."""
    if flag in _TEXTS:
        yield _TEXTS[flag], value
    elif flag in _COUNTS:
        yield _COUNTS[flag], int(value)
    elif flag in _LISTS:
        yield _LISTS[flag], value.split(",")
    elif flag not in _OF_THE_SERVER:
        raise ValueError(f"Livy has no field for {flag}")

"""Java's exceptions as ours."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError

from ethlogs.errors import (
    EthlogsError,
    HadoopError,
    HadoopUnavailableError,
    KerberosError,
    NotAuthorizedError,
)

_UNAVAILABLE = frozenset(
    {
        "ConnectException",
        "ConnectTimeoutException",
        "EOFException",
        "NoRouteToHostException",
        "RetriableException",
        "SafeModeException",
        "SocketException",
        "SocketTimeoutException",
        "StandbyException",
        "UnknownHostException",
    }
)
_DENIED = frozenset({"AccessControlException", "AuthorizationException"})
_UNKNOWN_CALLER = frozenset({"AccessControlException", "KerberosAuthException", "SaslException"})
_NO_TICKET = ("Client cannot authenticate via", "GSS initiate failed", "No valid credentials provided")
_NO_PRIVILEGE = "does not have privilege to see this"
"""Said by a YarnException that has no specific kind."""
_HDFS_DENIED = re.compile(r'user=([^,]+), access=(\w+), inode="([^"]+)"')
_QUEUE_DENIED = re.compile(r"to queue ([\w.-]+)")
_LETTERS = {"READ": "r", "WRITE": "w", "EXECUTE": "x", "ALL": "rwx"}
_REPLACED = ("FileNotFoundException: ", "BlockMissingException: ", "Blocklist for ")
_NO_ROOM = ("QuotaExceededException", "could only be written to 0 of the")


class ReplacedError(HadoopError):
    """A file was replaced while it was read: its blocks, or it itself, are gone."""


@contextlib.contextmanager
def mapped_errors(doing: str) -> Iterator[None]:
    """Turn whatever the JVM raises into an error of ours, with the cause kept."""
    try:
        yield
    except Py4JJavaError as exc:
        raise to_ethlogs_error(describe(exc.java_exception), doing) from exc
    except (Py4JError, OSError) as exc:
        raise HadoopUnavailableError(
            f"{doing}: the JVM of Hadoop's client does not answer: {exc}", hint="run the command again"
        ) from exc


def how_to_grant(text: str) -> str:
    """Return what gives the right that HDFS or YARN says to be missing, for a hint."""
    path, queue = _HDFS_DENIED.search(text), _QUEUE_DENIED.search(text)
    if path is not None:
        user, access, inode = path.groups()
        letters = "".join(_LETTERS[word] for word in access.split("_") if word in _LETTERS)
        return f"hdfs dfs -setfacl -m user:{user}:{letters} {inode}, or give another --hdfs-dir"
    if queue is not None:
        return f"ask for SUBMIT_APPLICATIONS on the queue {queue.group(1)}, or give another --queue"
    return "ask for that right"


def describe(java_exception: Any) -> list[tuple[str, str]]:
    """(simple class name, message) of an exception and its causes."""
    found: list[tuple[str, str]] = []
    while java_exception is not None and len(found) < 10:
        name = str(java_exception.getClass().getName()).rpartition(".")[2]
        found.append((name, str(java_exception.getMessage() or "")))
        java_exception = java_exception.getCause()
    return found


def to_ethlogs_error(causes: list[tuple[str, str]], doing: str) -> EthlogsError:
    """The error for an exception that :func:`describe` described."""
    names = {name for name, _ in causes}
    text = next((message for _, message in reversed(causes) if message), causes[-1][0]).splitlines()[0]
    whole = " ".join(f"{name}: {message}" for name, message in causes)
    if "Unable to obtain password from user" in whole:
        return KerberosError(
            f"{doing}: the keytab has no key of this principal", hint="klist -kt shows whose keys it has"
        )
    if {"KerberosAuthException", "KrbException"} <= names:
        return KerberosError(f"{doing}: {text}", hint="kinit -kt with the same keytab says more")
    if names & _UNKNOWN_CALLER and any(sign in whole for sign in _NO_TICKET):
        return KerberosError(
            f"{doing}: the cluster asks for Kerberos and there is no valid ticket: {text}",
            hint="kinit, or give --principal and --keytab",
        )
    if names & _DENIED or _NO_PRIVILEGE in whole:
        return NotAuthorizedError(f"{doing}: permission denied: {text}", hint=how_to_grant(text))
    if names & _UNAVAILABLE:
        return HadoopUnavailableError(
            f"{doing}: {text}", hint="is it running, and does HADOOP_CONF_DIR name the right cluster?"
        )
    if "ApplicationNotFoundException" in names:
        return HadoopError(
            f"{doing}: there is no such application",
            hint="is --application right, and does HADOOP_CONF_DIR name its cluster? YARN forgets old ones",
        )
    if any(sign in whole for sign in _NO_ROOM):
        return HadoopError(f"{doing}: HDFS has no room: {text}", hint="make room, or ask for more quota")
    kind = ReplacedError if any(sign in whole for sign in _REPLACED) else HadoopError
    return kind(f"{doing}: {causes[0][0]}: {text}")

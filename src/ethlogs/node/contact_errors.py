"""Errors of a failed contact over TCP, for HTTP and WebSocket: each is final, or may pass.

``from None``: the texts of requests repeat the URL, tokens included, and a log has causes.
"""

from __future__ import annotations

import contextlib
import http.client
import ssl
from collections.abc import Iterator

import requests
import urllib3.exceptions

from ethlogs.errors import NodeRefusedError, NodeUnavailableError, SettingsError
from ethlogs.root_cause import find_root, to_text


@contextlib.contextmanager
def mapped_contact_errors(name: str, timeout_seconds: float | None = None) -> Iterator[None]:
    """Map what requests, urllib3 and sockets raise to the errors of a node.

    ``timeout_seconds`` is how long an answer is waited for, where that is known.

    Raises
    ------
    NodeUnavailableError
        For what may pass.
    NodeRefusedError
        For a certificate that is not accepted.
    SettingsError
        For a URL that cannot be used.
    """
    try:
        yield
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
        raise SettingsError(
            f"node URL {name} cannot be used",
            hint="give --node-url as http://HOST:PORT or https://HOST/PATH",
        ) from None
    except urllib3.exceptions.NewConnectionError as exc:  # to urllib3 a kind of timeout, whatever its cause
        raise _to_node_error(name, exc) from None
    except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
        limit = "in time" if timeout_seconds is None else f"within {timeout_seconds:g} seconds"
        raise NodeUnavailableError(f"node {name} did not answer {limit}") from None
    except requests.exceptions.HTTPError as exc:
        status = None if exc.response is None else exc.response.status_code
        raise NodeUnavailableError(f"node {name} answered with HTTP status {status}") from None
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as exc:
        raise _to_node_error(name, exc) from None


def _to_node_error(name: str, exc: BaseException) -> NodeUnavailableError | NodeRefusedError:
    cause = find_root(exc)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return NodeRefusedError(
            f"the TLS certificate of node {name} was not accepted: {to_text(cause)}",
            hint="give --node-ca-file, the file of the company's CA certificates",
        )
    if isinstance(cause, ssl.SSLError):
        # A server that is being replaced closes connections in the middle of a handshake.
        plain = "wrong version number" in str(cause).lower()
        return NodeUnavailableError(
            f"the TLS connection to node {name} failed: {to_text(cause)}",
            hint="does this port speak TLS, or should --node-url begin with http: or ws:?" if plain else None,
        )
    if isinstance(cause, http.client.BadStatusLine) and not isinstance(cause, ConnectionError):
        return NodeUnavailableError(
            f"node {name} sent something that is not an HTTP answer: {to_text(cause)}",
            hint="is --node-url the address of the node's JSON-RPC port?",
        )
    return NodeUnavailableError(f"node {name} cannot be reached: {to_text(cause)}")

"""Settings of the Ethereum nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlsplit

from ethlogs.settings.kinds import Seconds, Text
from ethlogs.settings.option import Heading, OptionGroup, option, repeated


@dataclass(frozen=True)
class NodeOptions(OptionGroup):
    """The nodes and the time to retry, as a user gives them."""

    heading: ClassVar[Heading] = "Node"
    urls: tuple[str, ...] = repeated(
        "--node-url",
        Text("URL"),
        "URL of the node's JSON-RPC: http(s)://…, ws(s)://… or ipc:///path. Repeat for fail-over.",
        secret=True,
    )
    ca_file: str | None = option(
        "--node-ca-file",
        Text("FILE"),
        "CA certificates (PEM) for https URLs. [default: REQUESTS_CA_BUNDLE, then certifi's]",
    )
    header_file: str | None = option(
        "--node-header-file",
        Text("FILE"),
        "File of HTTP headers, like a token, one 'Name: value' per line, for the first --node-url and its"
        " host; those of another host follow a line [https://HOST]. chmod 600 it.",
    )
    timeout: float = option(
        "--node-timeout",
        Seconds(min=0.1, max=86_400),
        "Time limit of one request to the node.",
        default=30.0,
    )
    patience: float = option(
        "--patience",
        Seconds(),
        "Time that the node or Kafka may fail or lag before the run gives up.",
        default=300.0,
    )


@dataclass(frozen=True)
class NodeSettings:
    """The nodes and the time to retry, checked, as a run needs them."""

    urls: tuple[str, ...] = field(repr=False)
    request_timeout_seconds: float = NodeOptions.timeout
    patience_seconds: float = NodeOptions.patience
    """How long a node may fail, lag or answer too early before the run ends with status 6."""

    ca_file: str | None = None
    """Certificates (PEM) by which an https URL's is checked; by default those of requests."""

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Sent to the first URL and to others of its host, a token for example."""

    host_headers: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)
    """Sent to other hosts: the URL that names the host, the header's name and its value."""


def display_url(url: str) -> str:
    """Return the URL without what may be a secret: user, password, path below the root, query."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(a URL that cannot be read)"
    if parts.scheme == "ipc":
        return "(an ipc URL with a host)" if parts.netloc else url
    if not parts.hostname:
        return "(a URL without a host)"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    secret = parts.path not in ("", "/") or bool(parts.query)
    return f"{parts.scheme}://{host}{port}{'/…' if secret else ''}"

"""Host names that mean something else in a container of YARN than on this machine, or nothing."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from ethlogs.node.deadline import is_address
from ethlogs.settings import KafkaSettings, NodeSettings, display_url


def describe_local_url(url: str) -> str | None:
    """Return why a container does not reach a node by this URL; ``None`` where it may."""
    parts = urlsplit(url)
    if parts.scheme == "ipc":
        return "is a socket of this machine"
    return describe_local_host(parts.hostname or "")


def describe_local_host(host: str) -> str | None:
    """Return why a name is this machine's alone by its form; ``None`` where it is not."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return "would be the YARN node, not this machine"
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(name)
        if address.is_loopback or address.is_unspecified:
            return "would be the YARN node, not this machine"
        if address.is_link_local:
            return "is an address of one network segment alone"
    return None


def describe_host(host: str) -> str | None:
    """Return why a container may not reach a host by this name, by its form and by what it is here."""
    local = describe_local_host(host)
    if local is not None or is_address(host):
        return local
    try:
        addresses = {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    except OSError:
        return "is not known to this machine's DNS"
    if all(describe_local_host(address) for address in addresses):
        return f"is {', '.join(sorted(addresses))} here, by this machine's own hosts file"
    if "." not in host:
        return "is a short name, which a YARN node with another search domain does not know"
    return None


def list_local(node: NodeSettings, kafka: KafkaSettings) -> list[str]:
    """Return a sentence for each node URL and each broker that is this machine's alone by its form."""
    nodes = [(f"node {display_url(url)}", describe_local_url(url)) for url in node.urls]
    brokers = [(f"broker {host}", describe_local_host(host)) for host in dict.fromkeys(kafka.hosts)]
    return [f"{name} {problem}" for name, problem in nodes + brokers if problem]


def list_problems(node: NodeSettings, kafka: KafkaSettings, advertised: Iterable[str]) -> list[str]:
    """Return a sentence for each node URL and each broker that a container may not reach.

    ``advertised`` are the hosts by which the brokers name themselves: whoever has reached one of them is sent
    on to these.
    """
    nodes = [(f"node {display_url(url)}", _describe_url(url)) for url in node.urls]
    bootstrap = dict.fromkeys(kafka.hosts)
    brokers = [(f"broker {host}", describe_host(host)) for host in bootstrap]
    others = [host for host in dict.fromkeys(advertised) if host not in bootstrap]
    brokers += [(f"broker {host}, as it advertises itself,", describe_host(host)) for host in others]
    return [f"{name} {problem}" for name, problem in nodes + brokers if problem]


def _describe_url(url: str) -> str | None:
    host = urlsplit(url).hostname
    return describe_local_url(url) or (describe_host(host) if host else None)

"""The HTTP listener that Prometheus scrapes."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.registry import Collector

from ethlogs.errors import SettingsError
from ethlogs.settings.metrics import Address


@contextlib.contextmanager
def serve_metrics(collector: Collector, address: Address, flag: str) -> Iterator[str]:
    """Serve until the context ends; yield the URL for scraping it. Port 0 takes a free one.

    Raises
    ------
    SettingsError
        When the address cannot be listened on.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    try:
        server, thread = start_http_server(address.port, address.host, registry)
    except OSError as exc:
        raise SettingsError(
            f"{flag} {address} cannot be listened on: {exc.strerror or exc}",
            hint="is another exporter on that port, and is the host one of this machine's own?",
            flag=flag,
        ) from exc
    try:
        yield f"http://{Address(_name_host(address), server.server_port)}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _name_host(address: Address) -> str:
    """Return the host by which others reach a listener; YARN names its node to each container."""
    if not address.is_everywhere:
        return address.host
    return os.environ.get("NM_HOST") or socket.gethostname()

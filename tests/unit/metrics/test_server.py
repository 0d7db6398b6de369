"""The listener that Prometheus scrapes."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
import requests
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ethlogs.errors import SettingsError
from ethlogs.metrics.server import serve_metrics
from ethlogs.settings.metrics import Address


class One(Collector):
    """Collects one metric."""

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("ethlogs_test", "A test.", value=7)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_metrics_are_served_on_the_address_until_the_end(host: str) -> None:
    with serve_metrics(One(), Address(host, 0), "--listen") as url:
        answer = requests.get(url, timeout=10)
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        assert "ethlogs_test 7.0" in answer.text
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)


def test_a_port_that_is_taken_is_a_wrong_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        with (
            pytest.raises(
                SettingsError, match=rf"--listen 127\.0\.0\.1:{address.port} cannot be listened on"
            ),
            serve_metrics(One(), address, "--listen"),
        ):
            pass


def test_a_host_that_is_not_this_machines_is_a_wrong_setting() -> None:
    with (
        pytest.raises(SettingsError, match="cannot be listened on"),
        serve_metrics(One(), Address("192.0.2.1", 0), "--listen"),
    ):
        pass


@pytest.mark.parametrize(("node", "host"), [("worker-7", "worker-7"), (None, socket.gethostname())])
def test_the_url_of_all_addresses_names_the_host_that_others_call(
    node: str | None, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NM_HOST", raising=False)
    if node is not None:
        monkeypatch.setenv("NM_HOST", node)
    with serve_metrics(One(), Address("0.0.0.0", 0), "--listen") as url:  # noqa: S104 - that is the subject
        assert re.fullmatch(rf"http://{re.escape(host)}:\d+/metrics", url)

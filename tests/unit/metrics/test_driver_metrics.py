"""A driver's metrics, without Kafka and without a node: both are away, which is a metric."""

from __future__ import annotations

import re
import socket

import pytest
import requests

from ethlogs.metrics.driver_metrics import serve_run_metrics
from ethlogs.run.journal import Journal
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings
from ethlogs.settings.metrics import Address

RUN = RunSettings("a-run", "produce", NodeSettings(("http://127.0.0.1:9",)), KafkaSettings("127.0.0.1:9"))


def notices(journal: Journal) -> list[str]:
    return [notice["text"] for notice in journal.snapshot()["notices"]]


def test_a_driver_serves_what_it_counts_and_where_its_stream_stands() -> None:
    journal = Journal("a-run", 1, lambda _snapshot: None)
    with serve_run_metrics(RUN, journal, Address("127.0.0.1", 0), "0.1.0"):
        (notice,) = notices(journal)
        match = re.fullmatch(r"metrics are served at (http://127\.0\.0\.1:\d+/metrics)", notice)
        assert match is not None
        text = requests.get(match[1], timeout=10).text
    with pytest.raises(requests.ConnectionError):
        requests.get(match[1], timeout=10)
    assert 'ethlogs_run_blocks{chain_id="",topic="eth_eventlogs"} 0.0' in text
    assert "ethlogs_kafka_up 0.0" in text


def test_while_metrics_are_served_the_snapshot_has_their_url() -> None:
    journal = Journal("a-run", 1, lambda _snapshot: None)
    with serve_run_metrics(RUN, journal, Address("127.0.0.1", 0), "0.1.0"):
        url = journal.snapshot()["metricsUrl"]
        assert notices(journal) == [f"metrics are served at {url}"]
    assert journal.snapshot()["metricsUrl"] is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_loopback_address_in_a_container_says_which_node_alone_reaches_it(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NM_HOST", "worker-7")
    journal = Journal("a-run", 1, lambda _snapshot: None)
    with serve_run_metrics(RUN, journal, Address(host, 0), "0.1.0"):
        (notice,) = notices(journal)
    assert notice.endswith(
        "/metrics, from the node worker-7 alone: --metrics-listen 0.0.0.0:0 opens a port to other machines"
    )


def test_a_port_that_is_taken_does_not_keep_a_stream_from_running() -> None:
    journal = Journal("a-run", 1, lambda _snapshot: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        with serve_run_metrics(RUN, journal, address, "0.1.0"):
            (notice,) = notices(journal)
    assert notice.startswith(f"warning: no metrics are served: --metrics-listen {address} cannot be listened")

"""What a driver holds while its job runs; that it holds a ticket is what the tests with a real KDC show."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.driver.services import held_ticket, served_metrics
from ethlogs.errors import SettingsError
from ethlogs.run.journal import Journal
from ethlogs.settings import KafkaSettings, KerberosSettings, NodeSettings, RunSettings
from ethlogs.settings.metrics import Address

RUN = RunSettings("a-run", "produce", NodeSettings(("http://geth",)), KafkaSettings("kafka:9092"))
WITH_METRICS = replace(RUN, metrics_listen=Address("127.0.0.1", 0))


@pytest.fixture
def journal() -> Journal:
    return Journal("a-run", 1, lambda _snapshot: None)


def test_a_run_without_a_principal_holds_no_ticket(journal: Journal) -> None:
    with held_ticket(RUN, StopSwitch(), journal):
        pass


def test_a_run_with_a_principal_needs_the_package_gssapi(
    monkeypatch: pytest.MonkeyPatch, journal: Journal
) -> None:
    monkeypatch.setattr("ethlogs.kerberos.package.find_spec", lambda _name: None)
    settings = replace(RUN, kerberos=KerberosSettings("ethlogs@EXAMPLE.COM", "/etc/ethlogs.keytab"))
    with (
        pytest.raises(SettingsError, match="the Python package gssapi is not installed"),
        held_ticket(settings, StopSwitch(), journal),
    ):
        pass


def test_metrics_that_the_environment_cannot_serve_end_the_run_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, journal: Journal
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with (
        pytest.raises(SettingsError, match="needs the Python package prometheus_client") as caught,
        served_metrics(WITH_METRICS, journal),
    ):
        pass
    assert "ethlogs exporter" in (caught.value.hint or "")


def test_metrics_are_served_where_they_are_asked_for_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, journal: Journal
) -> None:
    served = []

    @contextlib.contextmanager
    def serve(*arguments: Any) -> Iterator[None]:
        served.append(arguments[2])
        yield

    monkeypatch.setattr("ethlogs.metrics.driver_metrics.serve_run_metrics", serve)
    with served_metrics(RUN, journal):
        assert served == []
    with served_metrics(WITH_METRICS, journal):
        assert served == [Address("127.0.0.1", 0)]

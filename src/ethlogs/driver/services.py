"""Services that a driver holds while its job runs: a Kerberos ticket, and its metrics."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator

from ethlogs import __version__
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import SettingsError
from ethlogs.kafka.topics import list_hosts
from ethlogs.kerberos.package import require_gssapi
from ethlogs.run.journal import Journal
from ethlogs.settings import RunSettings


@contextlib.contextmanager
def held_ticket(settings: RunSettings, stop: StopSwitch, journal: Journal) -> Iterator[None]:
    """Hold a ticket while the job runs, where it needs one, and know that the brokers take it.

    Raises
    ------
    KerberosError
        When there is no ticket, with the reason.
    """
    if settings.kerberos is None:
        yield
        return
    require_gssapi()
    from ethlogs.kerberos.keeper import kept_ticket

    with kept_ticket(settings.kerberos, settings.kafka.hosts, stop, journal.notify) as keeper:
        keeper.cover(list_hosts(settings.kafka))
        yield


@contextlib.contextmanager
def served_metrics(settings: RunSettings, journal: Journal) -> Iterator[None]:
    """Serve metrics while the job runs, where that is asked for.

    Raises
    ------
    SettingsError
        When the environment lacks the package.
    """
    if settings.metrics_listen is None:
        yield
        return
    if importlib.util.find_spec("prometheus_client") is None:
        raise SettingsError(
            "--metrics-listen needs the Python package prometheus_client, which the driver's environment"
            " does not have",
            hint="add prometheus-client to the environment and pack it again, or leave --metrics-listen out"
            " and use ethlogs exporter",
            flag="--metrics-listen",
        )
    from ethlogs.metrics.driver_metrics import serve_run_metrics

    with serve_run_metrics(settings, journal, settings.metrics_listen, __version__):
        yield

"""A Kafka that lets nobody in without a name: each way to log in, lapsing tickets, and missing rights."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ethlogs.errors import KerberosError, NotAuthorizedError, SettingsError
from ethlogs.kafka.command_config import read_command_config
from ethlogs.kafka.stores import StoreFolder
from ethlogs.kerberos.keeper import kept_ticket
from ethlogs.settings import KerberosSettings, RunSettings
from ethlogs.stop import StopSwitch
from ethlogs_devnet import SMALL_PLAN, GethNode, Kdc, LiveHead, Right, SecureKafka, Way
from ethlogs_devnet.kafka_secure_settings import WAYS
from ethlogs_devnet.users import USER, VISITOR

from .running import RunInProcess, build_settings, run, wait_until
from .streams import LOGINS, Stream, assert_exactly_once

TICKET_SECONDS, REAUTH_SECONDS = 20, 15


@pytest.fixture(scope="module")
def kdc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    """A realm whose tickets last 20 seconds."""
    with Kdc(tmp_path_factory.mktemp("kdc"), TICKET_SECONDS) as realm:
        yield realm


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, kdc: Kdc) -> Iterator[SecureKafka]:
    """A broker that asks each connection again who it is every 15 seconds."""
    folder = tmp_path_factory.mktemp("secured")
    with SecureKafka(folder, kdc, reauth_seconds=REAUTH_SECONDS) as broker:
        yield broker


@pytest.fixture
def realm(kdc: Kdc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kdc:
    """The realm, running, and this process in it without a ticket."""
    if kdc.pid is None:
        kdc.start()
    for name, value in kdc.environment(tmp_path / "no-tickets").items():
        monkeypatch.setenv(name, value)
    return kdc


@pytest.fixture
def stores() -> Iterator[StoreFolder]:
    folder = StoreFolder()
    yield folder
    folder.close()


def settings_for(
    broker: SecureKafka, node_url: str, stores: StoreFolder, way: Way, user: str = USER, **wanted: int
) -> tuple[Stream, RunSettings]:
    """A run by the client.properties of a user, on a stream of its own that an administrator can read."""
    config = read_command_config(broker.client_properties(user, way), stores)
    stream = Stream(broker.address(way.protocol), f"eth_{secrets.token_hex(4)}")
    reader = broker.administrator.login
    LOGINS[stream.bootstrap] = {k: v for k, v in reader.items() if k != "bootstrap_servers"}
    settings = build_settings(stream, node_url, start="1", client=config.client, **wanted)
    kerberos = None
    if config.principal is not None:
        kerberos = KerberosSettings(config.principal, config.keytab)
    return replace(stream, bootstrap=reader["bootstrap_servers"]), replace(settings, kerberos=kerberos)


@contextlib.contextmanager
def with_ticket(settings: RunSettings) -> Iterator[None]:
    if settings.kerberos is None:
        yield
        return
    with kept_ticket(settings.kerberos, settings.kafka.hosts, StopSwitch(), print):
        yield


def readable(broker: SecureKafka) -> None:
    """Let the tests' own reader in."""
    reader = broker.administrator.login
    LOGINS[reader["bootstrap_servers"]] = reader


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_each_way_to_log_in(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder, way: Way
) -> None:
    stream, settings = settings_for(secured, geth.url, stores, way, blocks=2)
    readable(secured)
    with with_ticket(settings):
        run(settings).assert_done()
    assert_exactly_once(stream, geth.url, 1, 2)


def test_tickets_lapse_and_connections_are_proven_anew_while_a_run_follows(
    secured: SecureKafka, realm: Kdc, own_geth: GethNode, stores: StoreFolder, tmp_path: Path
) -> None:
    """For longer than two tickets' lives and three sessions, with the KDC away for a while."""
    stream, settings = settings_for(secured, own_geth.url, stores, Way())
    readable(secured)
    with LiveHead(own_geth, 0.5, SMALL_PLAN), RunInProcess(settings, tmp_path).start() as running:
        running.wait_for(lambda progress: (progress["tip"] or 0) > 10, "the run follows")
        began_at = time.monotonic()
        wait_until(lambda: time.monotonic() - began_at > 20, "a ticket's life is over", 40)
        realm.stop()
        time.sleep(6)
        realm.start()
        wait_until(lambda: time.monotonic() - began_at > 48, "two more are", 60)
        assert running.is_running, running.log
        running.process.terminate()
        running.process.wait(30)
    report = running.report
    assert report["exitStatus"] == 143
    assert_exactly_once(stream, own_geth.url, 1, report["lastBlock"])
    assert report["lastBlock"] > 80


def test_a_kdc_that_is_away_for_longer_than_a_ticket_ends_the_run_which_goes_on_later(
    secured: SecureKafka, realm: Kdc, own_geth: GethNode, stores: StoreFolder, tmp_path: Path
) -> None:
    stream, settings = settings_for(secured, own_geth.url, stores, Way("SASL_PLAINTEXT"))
    readable(secured)
    with LiveHead(own_geth, 0.5, SMALL_PLAN):
        with RunInProcess(settings, tmp_path).start() as running:
            running.wait_for(lambda progress: (progress["tip"] or 0) > 10, "the run follows")
            realm.stop()
            assert running.process.wait(60) == 5, running.log
            assert "the ticket has lapsed" in running.report["error"]
        realm.start()
        last = own_geth.height()
        again = replace(
            settings, run=f"{settings.run}-again", range=replace(settings.range, start=None, to=last)
        )
        with with_ticket(again):
            run(again).assert_done()
    assert_exactly_once(stream, own_geth.url, 1, last)


def test_who_lacks_a_right_is_told_which(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder
) -> None:
    way = Way("SASL_PLAINTEXT", "SCRAM-SHA-512")
    stream, settings = settings_for(secured, geth.url, stores, way, VISITOR, blocks=1)
    secured.allow(VISITOR, Right("TOPIC", stream.topic, prefixed=True))
    error = run(settings).error
    assert isinstance(error, NotAuthorizedError)
    assert error.exit_status == 5
    assert settings.stream.transactional_id in str(error)
    secured.allow(VISITOR, Right("TRANSACTIONAL_ID", settings.stream.transactional_id, ("WRITE", "DESCRIBE")))
    run(settings).assert_done()


def test_a_wrong_password_ends_the_run_with_status_5_and_is_not_told(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder
) -> None:
    _stream, settings = settings_for(secured, geth.url, stores, Way("SASL_SSL", "PLAIN"), blocks=1)
    client = dict(settings.kafka.client) | {"sasl.plain.password": "hunter2"}
    outcome = run(replace(settings, kafka=replace(settings.kafka, client=tuple(client.items()))))
    assert outcome.report["exitStatus"] == 5
    assert "hunter2" not in outcome.told


def test_a_certificate_that_nobody_trusts_is_told(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder
) -> None:
    _stream, settings = settings_for(secured, geth.url, stores, Way("SASL_SSL", "PLAIN"), blocks=1)
    client = tuple(pair for pair in settings.kafka.client if pair[0] != "ssl.cafile")
    outcome = run(replace(settings, kafka=replace(settings.kafka, client=client)))
    outcome.assert_failed(SettingsError, "certificate was not accepted", hint="ssl.truststore.location")


def test_without_a_ticket_the_run_ends_with_status_5(
    secured: SecureKafka, realm: Kdc, geth: GethNode, stores: StoreFolder
) -> None:
    _stream, settings = settings_for(secured, geth.url, stores, Way(), blocks=1)
    outcome = run(settings)
    outcome.assert_failed(KerberosError, "no ticket for the brokers", hint="--keytab")

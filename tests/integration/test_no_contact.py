"""Each wrong way to reach real brokers is named, with what to do."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ethlogs.errors import EthlogsError, KafkaUnavailableError, SettingsError
from ethlogs.kafka import errors
from ethlogs.kafka.command_config import read_command_config
from ethlogs.kafka.no_contact import explain_no_contact
from ethlogs.kafka.stores import StoreFolder
from ethlogs.kafka.topics import list_hosts
from ethlogs.settings import KafkaSettings
from ethlogs_devnet import Kdc, SecureKafka, Way
from ethlogs_devnet.kerberos.users import USER
from ethlogs_devnet.ports import find_free_ports

pytestmark = pytest.mark.services

LIMIT = ("bootstrap.timeout.ms", "2500")
Reach = Callable[..., EthlogsError]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """A broker with a listener of each kind."""
    folder = tmp_path_factory.mktemp("no-contact")
    with Kdc(folder / "kdc") as kdc, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KRB5_CONFIG", str(kdc.krb5_conf))
        with SecureKafka(folder / "kafka", kdc) as kafka:
            yield kafka


@pytest.fixture(autouse=True)
def not_reached_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "_REACHED", set())


def settings_of(broker: SecureKafka, way: Way, to: str | None = None) -> KafkaSettings:
    """The settings for one way, at the port of another."""
    stores = StoreFolder()
    config = read_command_config(Path(broker.client_properties(USER, way)), stores)
    return KafkaSettings(broker.address(to or way.protocol), (*config.client, LIMIT))


def refusal_of(settings: KafkaSettings) -> EthlogsError:
    with pytest.raises(EthlogsError) as caught:
        list_hosts(settings)
    return caught.value


PASSWORD = Way("SASL_SSL", "SCRAM-SHA-512")
CLEAR_PASSWORD = Way("SASL_PLAINTEXT", "SCRAM-SHA-512")
CERTIFICATE = Way("SSL", None)


@pytest.mark.parametrize("way", [PASSWORD, CLEAR_PASSWORD, CERTIFICATE])
def test_the_right_way_works(broker: SecureKafka, way: Way) -> None:
    settings = settings_of(broker, way)
    # nothing waits for the client's own limit where the way is right
    assert list_hosts(replace(settings, client=tuple(item for item in settings.client if item != LIMIT)))


@pytest.mark.parametrize(
    ("way", "to", "spoken", "right"),
    [
        (CERTIFICATE, "SASL_PLAINTEXT", "clear text", "PLAINTEXT"),
        (PASSWORD, "SASL_PLAINTEXT", "clear text", "SASL_PLAINTEXT"),
        (CLEAR_PASSWORD, "SASL_SSL", "TLS", "SASL_SSL"),
        (CERTIFICATE, "SASL_SSL", "SSL with a login (", "SASL_SSL"),
    ],
)
def test_another_listeners_port_is_named_with_the_protocol_that_fits(
    broker: SecureKafka, way: Way, to: str, spoken: str, right: str
) -> None:
    error = refusal_of(settings_of(broker, way, to))
    assert type(error) is SettingsError
    said = f"security.protocol is {way.protocol}, and the broker on {broker.address(to)} speaks {spoken}"
    assert said in str(error)
    assert (error.hint or "").endswith(f"set security.protocol={right}")


@pytest.mark.parametrize("to", ["SASL_PLAINTEXT", "SASL_SSL", "SSL"])
def test_without_any_security_setting(broker: SecureKafka, to: str) -> None:
    error = refusal_of(KafkaSettings(broker.address(to), (LIMIT,)))
    assert type(error) is SettingsError
    assert "security.protocol is PLAINTEXT, and the broker on" in str(error)
    assert (error.hint or "").endswith(f"set security.protocol={to}")


def without(settings: KafkaSettings, *names: str) -> KafkaSettings:
    return replace(settings, client=tuple(item for item in settings.client if item[0] not in names))


def test_a_client_certificate_that_is_missing(broker: SecureKafka) -> None:
    error = refusal_of(without(settings_of(broker, CERTIFICATE), "ssl.certfile", "ssl.keyfile"))
    assert type(error) is SettingsError
    assert "asks for a client certificate, and none is given" in str(error)
    assert "ssl.keystore.location" in (error.hint or "")


def test_brokers_whose_ca_is_not_trusted(broker: SecureKafka) -> None:
    error = refusal_of(without(settings_of(broker, PASSWORD), "ssl.cafile"))
    assert type(error) is SettingsError
    assert "the brokers' certificate was not accepted" in str(error)


def test_a_mechanism_that_the_brokers_do_not_take(broker: SecureKafka) -> None:
    """Asked of the port alone: this broker takes all that kafka-python has without more packages."""
    settings = without(settings_of(broker, PASSWORD), "sasl.mechanism")
    settings = replace(settings, client=(*settings.client, ("sasl.mechanism", "AWS_MSK_IAM")))
    error = explain_no_contact(settings, None, "connecting")
    assert type(error) is SettingsError
    assert "does not take sasl.mechanism=AWS_MSK_IAM" in str(error)
    assert "SCRAM-SHA-512" in (error.hint or "")


def test_a_host_that_nobody_knows() -> None:
    error = refusal_of(KafkaSettings("nowhere.invalid:9092,neither.invalid:9092", (LIMIT,)))
    assert "the host of nowhere.invalid:9092 is not known" in str(error)
    assert "DNS" in (error.hint or "") or isinstance(error, KafkaUnavailableError)


def test_a_host_that_was_known_before_may_be_known_again(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = KafkaSettings("nowhere.invalid:9092", (LIMIT,))
    monkeypatch.setattr(errors, "_REACHED", {(settings.bootstrap_servers, settings.client)})
    assert type(refusal_of(settings)) is KafkaUnavailableError


def test_a_host_that_was_known_with_other_settings_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The brokers were reached with one CA; that says nothing of a setting that leaves it out."""
    settings = KafkaSettings("nowhere.invalid:9092", (LIMIT,))
    monkeypatch.setattr(errors, "_REACHED", {(settings.bootstrap_servers, ())})
    assert type(refusal_of(settings)) is SettingsError


def test_a_port_on_which_nothing_listens_may_have_a_broker_later() -> None:
    (port,) = find_free_ports(1)
    address = f"127.0.0.1:{port}"
    error = refusal_of(KafkaSettings(address, (LIMIT,)))
    assert type(error) is KafkaUnavailableError
    assert f"nothing listens on {address} (connection refused)" in str(error)


def test_a_port_of_something_else() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with server:
        address = f"127.0.0.1:{server.server_port}"
        error = refusal_of(KafkaSettings(address, (LIMIT,)))
        server.shutdown()
    assert type(error) is KafkaUnavailableError
    assert f"{address} accepts connections and does not answer as a Kafka broker does" in str(error)

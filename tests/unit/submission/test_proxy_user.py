"""Acting for another user hands over nothing but that user's own secrets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.settings import KafkaSettings, KerberosSettings, NodeSettings, RunSettings
from ethlogs.submission.proxy_user import check_secrets_of
from tests.unit.client_certificates import build_key_and_certificate
from tests.unit.keytabs import build_keytab

HIDDEN = "hunter2"
NODE = NodeSettings(("http://geth:8545",))


def run_of(
    *client: tuple[str, str], kerberos: KerberosSettings | None = None, node: NodeSettings = NODE
) -> RunSettings:
    return RunSettings("a-run", "produce", node, KafkaSettings("kafka:9092", client), kerberos=kerberos)


@pytest.fixture
def with_keytab(tmp_path: Path) -> Callable[..., RunSettings]:
    def build(principal: str, *keys: str) -> RunSettings:
        path = tmp_path / "a.keytab"
        path.write_bytes(build_keytab(*keys))
        return run_of(kerberos=KerberosSettings(principal, str(path)))

    return build


@pytest.fixture
def with_certificate(tmp_path: Path) -> Callable[..., RunSettings]:
    def build(*common_names: str) -> RunSettings:
        path = tmp_path / "client.pem"
        path.write_bytes(build_key_and_certificate(*common_names))
        return run_of(("ssl.certfile", str(path)), ("ssl.keyfile", str(path)))

    return build


@pytest.mark.parametrize("principal", ["ada@A", "ada"])
def test_the_users_own_keytab_may_travel(with_keytab: Callable[..., RunSettings], principal: str) -> None:
    assert check_secrets_of("ada", with_keytab(principal, "ada@A")) == []


@pytest.mark.parametrize(
    ("principal", "keys", "owner"),
    [
        ("service@A", ["service@A"], "--principal is service@A"),
        ("ada/host.example@A", ["ada/host.example@A"], "--principal is ada/host.example@A"),
        ("ADA@A", ["ADA@A"], "--principal is ADA@A"),
        ("ada@A", ["ada@A", "service@A"], "has a key of service@A"),
        ("ada@A", ["ada@A", "ada/admin@A"], "has a key of ada/admin@A"),
        ("ada@A", ["ada@A", "ada@B"], "has a key of ada@B"),
    ],
)
def test_a_keytab_with_anybody_elses_key_is_refused(
    with_keytab: Callable[..., RunSettings], principal: str, keys: list[str], owner: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        check_secrets_of("ada", with_keytab(principal, *keys))
    assert owner in str(caught.value)
    assert "--proxy-user ada would hand it to ada" in str(caught.value)
    assert caught.value.hint == "give ada's own, or leave --proxy-user out"


def test_the_users_own_password_may_travel() -> None:
    settings = run_of(("sasl.plain.username", "ada"), ("sasl.plain.password", HIDDEN))
    assert check_secrets_of("ada", settings) == []


@pytest.mark.parametrize(
    "client",
    [
        [("sasl.plain.username", "service"), ("sasl.plain.password", HIDDEN)],
        [("sasl.plain.password", HIDDEN)],
    ],
)
def test_anybody_elses_password_is_refused_without_being_told(client: list[tuple[str, str]]) -> None:
    with pytest.raises(SettingsError, match="the password for Kafka is that of") as caught:
        check_secrets_of("ada", run_of(*client))
    assert HIDDEN not in str(caught.value)


def test_the_users_own_private_key_may_travel(with_certificate: Callable[..., RunSettings]) -> None:
    assert check_secrets_of("ada", with_certificate("ada")) == []


@pytest.mark.parametrize(
    ("names", "owner"),
    [
        (("service",), "CN=service"),
        (("ada", "service"), "CN=ada, CN=service"),
        ((), "a certificate without a common name"),
    ],
)
def test_anybody_elses_private_key_is_refused(
    with_certificate: Callable[..., RunSettings], names: tuple[str, ...], owner: str
) -> None:
    with pytest.raises(SettingsError, match=f"the private key for Kafka is of {owner}"):
        check_secrets_of("ada", with_certificate(*names))


@pytest.mark.parametrize(
    "client", [[("ssl.keyfile", "/a.pem")], [("ssl.password", HIDDEN)], [("ssl.certfile", "/nowhere.pem")]]
)
def test_a_private_key_whose_owner_is_not_known_is_refused(client: list[tuple[str, str]]) -> None:
    with pytest.raises(SettingsError) as caught:
        check_secrets_of("ada", run_of(*client))
    assert HIDDEN not in str(caught.value)


@pytest.mark.parametrize(
    ("node", "shown"),
    [
        (NodeSettings(("http://geth",), headers=(("Authorization", HIDDEN),)), "the headers of"),
        (NodeSettings((f"http://ada:{HIDDEN}@geth",)), "the whole --node-url"),
        (NodeSettings((f"https://geth/v3/{HIDDEN}",)), "the whole --node-url"),
    ],
)
def test_a_nodes_token_which_has_no_owner_is_warned_about(node: NodeSettings, shown: str) -> None:
    (warning,) = check_secrets_of("ada", run_of(node=node))
    assert warning.startswith(f"ada can read {shown}")
    assert HIDDEN not in warning


def test_a_certificate_authority_is_no_secret() -> None:
    assert check_secrets_of("ada", run_of(("security.protocol", "SSL"), ("ssl.cafile", "/ca.pem"))) == []

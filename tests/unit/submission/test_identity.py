"""Who a command is: which setting counts, and what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.hadoop.client import Login
from ethlogs.settings import KafkaOptions, KerberosOptions
from ethlogs.submission.identity import Caller, Identity
from tests.unit.client_certificates import build_key_and_certificate
from tests.unit.keytabs import build_keytab

SERVERS = "kafka:9092"


@pytest.fixture
def keytab(tmp_path: Path) -> str:
    path = tmp_path / "ethlogs.keytab"
    path.write_bytes(build_keytab("me@A", "p@R"))
    return str(path)


def identify(kerberos: KerberosOptions, kafka: KafkaOptions) -> tuple[Identity, list[str]]:
    notices: list[str] = []
    with Caller(kerberos, notices.append) as caller:
        return caller.identify(kafka, 5.0), notices


def write_properties(tmp_path: Path, text: str) -> str:
    path = tmp_path / "client.properties"
    path.write_text(text)
    return str(path)


def test_without_kerberos_the_users_own_ticket_counts() -> None:
    identity, notices = identify(KerberosOptions(), KafkaOptions(SERVERS))
    assert identity.kerberos is None
    assert not identity.uses_gssapi
    assert identity.kafka.bootstrap_servers == SERVERS
    assert notices == []


def test_a_kafka_setting_overrides_the_properties_file_and_the_kerberos_flag_overrides_both(
    tmp_path: Path, keytab: str
) -> None:
    file = write_properties(
        tmp_path, "security.protocol=SASL_PLAINTEXT\nsasl.kerberos.service.name=file\ngroup.id=mine\n"
    )
    client = (("sasl.mechanism", "GSSAPI"), ("sasl.kerberos.service.name", "kafka-config"))
    kafka = KafkaOptions(SERVERS, command_config=file, client=client)
    identity, notices = identify(KerberosOptions("me@A", keytab), kafka)
    assert dict(identity.kafka.client)["sasl.kerberos.service.name"] == "kafka-config"
    assert identity.kerberos is not None
    assert identity.kerberos.service_name == "kafka-config"
    assert identity.uses_gssapi
    assert f"--command-config {file}: ignored (not connection settings): group.id" in notices
    identity, _ = identify(KerberosOptions("me@A", keytab, service_name="flag"), kafka)
    assert identity.kerberos is not None
    assert identity.kerberos.service_name == "flag"


def test_the_service_name_is_kafka_unless_it_is_set(keytab: str) -> None:
    identity, _ = identify(KerberosOptions("me@A", keytab), KafkaOptions(SERVERS))
    assert identity.kerberos is not None
    assert identity.kerberos.service_name == "kafka"


@pytest.mark.parametrize(
    ("kerberos", "message"),
    [
        (KerberosOptions(principal="me@A"), "--keytab is not given"),
        (KerberosOptions(keytab="/nowhere"), "--principal is not given"),
        (KerberosOptions("me@A", "/nowhere"), "--keytab /nowhere is not a file"),
    ],
)
def test_half_of_a_login_and_a_missing_file_are_refused(kerberos: KerberosOptions, message: str) -> None:
    with pytest.raises(SettingsError, match=f"^{message}$"):
        identify(kerberos, KafkaOptions(SERVERS))


def test_a_kerberos_configuration_that_is_not_a_file_is_refused(keytab: str) -> None:
    kerberos = KerberosOptions("me@A", keytab, krb5_conf="/nowhere.conf")
    with pytest.raises(SettingsError, match=r"^--krb5-conf /nowhere\.conf is not a file$"):
        identify(kerberos, KafkaOptions(SERVERS))


def test_the_cluster_sees_the_keytab_unless_the_command_acts_for_another_user(keytab: str) -> None:
    kerberos = KerberosOptions("me@A", keytab)
    with Caller(kerberos, print) as caller:
        assert caller.log_in() == Login("me@A", keytab)
    with Caller(kerberos, print, proxy_user="ada") as caller:
        assert caller.log_in() == Login(proxy_user="ada")
    with Caller(KerberosOptions(), print) as caller:
        assert caller.log_in() == Login()


def test_files_that_are_made_for_a_command_go_with_it(tmp_path: Path) -> None:
    certificate = build_key_and_certificate("ca").decode().replace("\n", "\\n")
    file = write_properties(
        tmp_path,
        f"security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.certificates={certificate}\n",
    )
    with Caller(KerberosOptions(), print) as caller:
        identity = caller.identify(KafkaOptions(SERVERS, command_config=file), 5.0)
        made = Path(dict(identity.kafka.client)["ssl.cafile"])
        assert made.is_file()
    assert not made.exists()


def test_files_with_secrets_that_others_can_read_are_warned_of_once_each(keytab: str, tmp_path: Path) -> None:
    key = tmp_path / "client.pem"
    key.write_bytes(build_key_and_certificate("ethlogs"))
    file = write_properties(tmp_path, "security.protocol=SSL\nssl.key.password=x\n")
    for path in (keytab, key, file):
        Path(path).chmod(0o644)
    notices: list[str] = []
    with Caller(KerberosOptions("p@R", keytab), notices.append) as caller:
        caller.log_in()
        files = (("ssl.keyfile", str(key)), ("ssl.certfile", str(key)))
        caller.identify(KafkaOptions("kafka:9092", file, files), 1.0)
        caller.log_in()
    warned = [notice for notice in notices if "others can read" in notice]
    assert [notice.split(" can read ")[1].split(" ")[0] for notice in warned] == [
        *("--keytab", "--command-config", "ssl.keyfile"),
    ]
    assert "chmod 600" in warned[0]

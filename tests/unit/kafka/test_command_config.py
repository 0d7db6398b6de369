"""client.properties, as Kafka's own tools read it."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from ethlogs.errors import SettingsError
from ethlogs.kafka.command_config import CommandConfig, read_client_settings, read_command_config
from ethlogs.kafka.stores import StoreFolder

HIDDEN = "hunter2"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
KRB5 = "com.sun.security.auth.module.Krb5LoginModule"


@pytest.fixture
def folder() -> Iterator[StoreFolder]:
    stores = StoreFolder()
    yield stores
    stores.close()


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "client")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )


def read(tmp_path: Path, folder: StoreFolder, *lines: str) -> CommandConfig:
    path = tmp_path / "client.properties"
    path.write_text("\n".join(lines))
    return read_command_config(path, folder)


def client_of(config: CommandConfig) -> dict[str, str]:
    return dict(config.client)


@pytest.mark.parametrize(
    ("module", "mechanism"), [(PLAIN, "PLAIN"), (SCRAM, "SCRAM-SHA-256"), (SCRAM, "SCRAM-SHA-512")]
)
def test_user_and_password(tmp_path: Path, folder: StoreFolder, module: str, mechanism: str) -> None:
    config = read(
        tmp_path,
        folder,
        "bootstrap.servers=a:9092",
        "security.protocol=SASL_SSL",
        f"sasl.mechanism={mechanism}",
        f'sasl.jaas.config={module} required username="ada" password="{HIDDEN}";',
        "group.id=mine",
    )
    assert client_of(config) == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": mechanism,
        "sasl.plain.username": "ada",
        "sasl.plain.password": HIDDEN,
    }
    assert (config.bootstrap_servers, config.ignored) == ("a:9092", ("group.id",))
    assert HIDDEN not in repr(config)


def test_kerberos_by_a_jaas_entry(tmp_path: Path, folder: StoreFolder) -> None:
    config = read(
        tmp_path,
        folder,
        "security.protocol=SASL_PLAINTEXT",
        f'sasl.jaas.config={KRB5} required useKeyTab=true serviceName="broker" \\',
        '    keyTab="/a.keytab" principal="ada@A";',
        "sasl.kerberos.min.time.before.relogin=60000",
    )
    assert client_of(config)["sasl.mechanism"] == "GSSAPI"
    assert client_of(config)["sasl.kerberos.service.name"] == "broker"
    assert (config.principal, config.keytab) == ("ada@A", "/a.keytab")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sasl.oauthbearer.token.endpoint.url=http://a", "cannot honour sasl.oauthbearer.token.endpoint.url"),
        ("ssl.cipher.suites=TLS_A", "cannot honour ssl.cipher.suites"),
        ("ssl.endpoint.identification.algorithm=ldaps", "https or empty"),
        (f"sasl.jaas.config=com.example.Own required password={HIDDEN};", "com.example.Own"),
        (
            f"sasl.mechanism=PLAIN\nsasl.jaas.config={SCRAM} required;",
            "does not go with sasl.mechanism PLAIN",
        ),
        ("ssl.truststore.location=/nowhere.jks", "ssl.truststore.location /nowhere.jks cannot be read"),
        ("ssl.truststore.type=BKS\nssl.truststore.location=/a", "ssl.truststore.type BKS"),
    ],
)
def test_what_cannot_be_honoured_is_named(tmp_path: Path, folder: StoreFolder, line: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        read(tmp_path, folder, line)
    assert HIDDEN not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path, folder: StoreFolder) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_command_config(tmp_path / "missing", folder)


def test_without_a_check_of_the_brokers_name(tmp_path: Path, folder: StoreFolder) -> None:
    config = read(tmp_path, folder, "ssl.endpoint.identification.algorithm=")
    assert client_of(config) == {"ssl.check.hostname": "false"}


def test_pem_files_are_used_where_they_are(tmp_path: Path, folder: StoreFolder) -> None:
    config = read(
        tmp_path,
        folder,
        "ssl.truststore.type=PEM",
        "ssl.truststore.location=/ca.pem",
        "ssl.keystore.type=PEM",
        "ssl.keystore.location=/client.pem",
        f"ssl.key.password={HIDDEN}",
    )
    assert client_of(config) == {
        "ssl.cafile": "/ca.pem",
        "ssl.certfile": "/client.pem",
        "ssl.keyfile": "/client.pem",
        "ssl.password": HIDDEN,
    }


def test_pem_in_the_file_itself(tmp_path: Path, folder: StoreFolder) -> None:
    config = read(
        tmp_path,
        folder,
        "ssl.truststore.certificates=-----BEGIN CERTIFICATE-----\\nabc\\n-----END CERTIFICATE-----",
        "ssl.keystore.key=-----BEGIN KEY-----",
        "ssl.keystore.certificate.chain=-----BEGIN CHAIN-----",
    )
    files = client_of(config)
    assert "\nabc\n" in Path(files["ssl.cafile"]).read_text()
    assert Path(files["ssl.keyfile"]).read_text() == "-----BEGIN KEY-----\n-----BEGIN CHAIN-----\n"
    assert stat.S_IMODE(Path(files["ssl.keyfile"]).stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["JKS", "PKCS12"])
@pytest.mark.parametrize("format_", ["jks", "p12"])
def test_javas_stores_are_converted(
    tmp_path: Path, folder: StoreFolder, key: Any, certificate: x509.Certificate, kind: str, format_: str
) -> None:
    store = tmp_path / "store.p12"
    sealed = BestAvailableEncryption(HIDDEN.encode())
    store.write_bytes(pkcs12.serialize_key_and_certificates(b"client", key, certificate, None, sealed))
    if format_ == "jks":
        store = to_jks(store)
    config = read(
        tmp_path,
        folder,
        *(f"ssl.{name}.location={store}" for name in ("truststore", "keystore")),
        *(f"ssl.{name}.type={kind}" for name in ("truststore", "keystore")),
        *(f"ssl.{name}.password={HIDDEN}" for name in ("truststore", "keystore")),
    )
    files = client_of(config)
    own = Path(files["ssl.certfile"])
    assert x509.load_pem_x509_certificates(own.read_bytes()) == [certificate]
    assert key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) in own.read_bytes()
    assert x509.load_pem_x509_certificates(Path(files["ssl.cafile"]).read_bytes()) == [certificate]
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    folder.close()
    assert not own.exists()


@pytest.mark.parametrize("format_", ["jks", "p12"])
def test_a_wrong_password_of_a_store_is_told_without_it(
    tmp_path: Path, folder: StoreFolder, key: Any, certificate: x509.Certificate, format_: str
) -> None:
    store = tmp_path / "store.p12"
    sealed = BestAvailableEncryption(HIDDEN.encode())
    store.write_bytes(pkcs12.serialize_key_and_certificates(b"client", key, certificate, None, sealed))
    if format_ == "jks":
        store = to_jks(store)
    lines = [f"ssl.truststore.location={store}", "ssl.truststore.password=wrong1"]
    with pytest.raises(SettingsError, match="cannot be") as caught:
        read(tmp_path, folder, *lines)
    assert "wrong1" not in str(caught.value)
    assert caught.value.hint == "is ssl.truststore.password right?"


def to_jks(store: Path) -> Path:
    target = store.with_suffix(".jks")
    argv = ["keytool", "-importkeystore", "-noprompt", "-srckeystore", str(store), "-srcstoretype", "PKCS12"]
    argv += [
        "-srcstorepass",
        HIDDEN,
        "-destkeystore",
        str(target),
        "-deststoretype",
        "JKS",
        "-deststorepass",
        HIDDEN,
    ]
    subprocess.run(argv, check=True, capture_output=True)
    return target


@pytest.mark.parametrize("prefix", ["producer", "consumer", "spring.kafka", "kafka"])
def test_settings_of_another_programs_form_do_not_lead_to_clear_text(prefix: str, tmp_path: Path) -> None:
    file = tmp_path / "client.properties"
    file.write_text(f"{prefix}.security.protocol=SASL_SSL\n")
    with pytest.raises(SettingsError, match="everything would be sent in clear text") as caught:
        read_client_settings(file, (), StoreFolder())
    assert "write security.protocol" in str(caught.value.hint)
    # Beside the connection's own, as Connect has them, they are another client's.
    file.write_text(f"security.protocol=SSL\n{prefix}.security.protocol=SASL_SSL\n")
    assert read_client_settings(file, (), StoreFolder()).ignored == (f"{prefix}.security.protocol",)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "scram-sha-512"])
@pytest.mark.parametrize(
    "lines", [(), ("sasl.plain.username=me",), (f"sasl.plain.password={HIDDEN}",), ("sasl.plain.username=",)]
)
def test_a_login_by_password_without_one_is_refused_before_it_is_tried(
    tmp_path: Path, folder: StoreFolder, mechanism: str, lines: tuple[str, ...]
) -> None:
    own = tuple((name, value) for name, _, value in (line.partition("=") for line in lines))
    path = tmp_path / "client.properties"
    path.write_text(f"security.protocol=SASL_SSL\nsasl.mechanism={mechanism}\n")
    with pytest.raises(SettingsError, match="needs a user and a password") as caught:
        read_client_settings(path, own, folder)
    assert HIDDEN not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("ssl.keystore.key=-----BEGIN KEY-----", "ssl.keystore.certificate.chain"),
        ("ssl.keystore.certificate.chain=-----BEGIN CHAIN-----", "ssl.keystore.key"),
    ],
)
def test_half_of_a_key_pair_is_refused(tmp_path: Path, folder: StoreFolder, line: str, missing: str) -> None:
    with pytest.raises(SettingsError, match=f"and {missing} is not"):
        read(tmp_path, folder, "security.protocol=SSL", line)


@pytest.mark.parametrize("name", ["ssl.truststore", "ssl.keystore"])
@pytest.mark.parametrize(
    ("kind", "content"), [("JKS", b""), ("PKCS12", b"hello"), ("JKS", b"\xfe\xed\xfe\xed"), ("BCFKS", b"")]
)
def test_a_store_that_is_none_is_a_wrong_setting(
    tmp_path: Path, folder: StoreFolder, name: str, kind: str, content: bytes
) -> None:
    store = tmp_path / "störe"
    store.write_bytes(content)
    lines = [f"{name}.location={store}", f"{name}.type={kind}", f"{name}.password={HIDDEN}"]
    with pytest.raises(SettingsError, match=rf"{name}\.") as caught:
        read(tmp_path, folder, *lines)
    assert HIDDEN not in f"{caught.value} {caught.value.hint}"


def test_a_home_that_nobody_has_is_a_wrong_setting(tmp_path: Path, folder: StoreFolder) -> None:
    with pytest.raises(SettingsError, match=r"home|cannot be read"):
        read(tmp_path, folder, "ssl.truststore.location=~nobody-of-this-name/store.jks")


def test_a_value_that_another_place_has_is_refused_and_not_taken_for_the_password(tmp_path: Path) -> None:
    file = tmp_path / "client.properties"
    jaas = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password='
    file.write_text(
        "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nconfig.providers=file\n"
        f'sasl.jaas.config={jaas}"${{file:/etc/hidden:key}}";\n'
    )
    with pytest.raises(SettingsError, match=r"refers to a value by config\.providers") as caught:
        read_command_config(file, StoreFolder())
    assert "hidden" not in str(caught.value)
    file.write_text(f'sasl.mechanism=PLAIN\nsasl.jaas.config={jaas}"${{file:/its/own}}";\n')
    assert dict(read_command_config(file, StoreFolder()).client)["sasl.plain.password"] == "${file:/its/own}"

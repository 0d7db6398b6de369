"""What doctor says of this machine's settings: a row for each wrong one, all without a service."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.certificates import make_certificate
from tests.unit.cli.calls import Call
from tests.unit.cli.conftest import call, machine
from tests.unit.fake_programs import write_java
from tests.unit.tcp_server import tcp_server

__all__ = ["call", "machine"]

NOWHERE = "127.0.0.1:9"
LOCAL = ("--master", "local[*]")
Arrange = Callable[[Path, pytest.MonkeyPatch], tuple[str, ...]]


def examine(call: Call, *more: str) -> dict[str, dict[str, Any]]:
    where: tuple[str, ...] = ("--kafka-config", "bootstrap.timeout.ms=200", "--patience", "0")
    if "--bootstrap-server" not in more:
        where = (*where, "--bootstrap-server", NOWHERE)
    outcome = call("doctor", "--json", "--node-url", "http://127.0.0.1:9", *where, *more)
    assert "Traceback" not in outcome.stderr
    return {finding["check"]: finding for finding in orjson.loads(outcome.stdout)["findings"]}


def client_properties(text: str) -> Arrange:
    def arrange(machine: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
        (machine / "client.properties").write_text(text)
        return (*LOCAL, "--command-config", str(machine / "client.properties"))

    return arrange


def newer_java(machine: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    write_java(machine / "bin" / "java", 'openjdk version "25" 2025-09-16')
    (machine / "spark" / "jars" / "hadoop-client-api-3.4.1.jar").touch()
    return LOCAL


def conda_channel_settings(machine: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    (machine / "condarc").write_text("client_ssl_cert: /etc/pki/me.pem\n")
    monkeypatch.setenv("CONDARC", str(machine / "condarc"))
    return ("--master", "yarn")


def missing_spec(machine: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    return ("--master", "yarn", "--env-file", str(machine / "no-such.yml"))


def no_hadoop_conf(machine: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    return ("--master", "yarn")


def closed_port(machine: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    return LOCAL


def missing_ca_of_the_node(machine: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    return (*LOCAL, "--node-ca-file", str(machine / "no-such.pem"))


SASL = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism="


@pytest.mark.parametrize(
    ("arrange", "check", "status", "text", "fix"),
    [
        (client_properties("security.protocol=ssl2"), "settings", 3, "security.protocol", "SASL_SSL"),
        (client_properties("\ufeffsecurity.protocol=ssl2"), "settings", 3, "security.protocol", "SASL_SSL"),
        (client_properties(f"{SASL}SCRAM-SHA-999"), "settings", 3, "sasl.mechanism", "SCRAM-SHA-512"),
        (client_properties(f"{SASL}PLAIN\nsasl.jaas.config=nonsense"), "settings", 3, "sasl.jaas.config", ""),
        (
            client_properties(
                "security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location=/no.pem"
            ),
            *("settings", 3, "/no.pem", ""),
        ),
        (newer_java, "spark", 3, "needs 23 or earlier", "17"),
        (conda_channel_settings, "archive", 4, "sets client_ssl_cert", "--env-prefix"),
        (missing_spec, "archive", 4, "no-such.yml", ""),
        (no_hadoop_conf, "hadoop", 3, "HADOOP_CONF_DIR", "HADOOP_CONF_DIR"),
        (missing_ca_of_the_node, "node url", 3, "no-such.pem", "path"),
        (closed_port, "kafka", 7, "nothing listens on 127.0.0.1:9", "--bootstrap-server"),
    ],
)
def test_a_wrong_setting_fails_with_its_fix(
    arrange: Arrange,
    check: str,
    status: int,
    text: str,
    fix: str,
    machine: Path,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = examine(call, *arrange(machine, monkeypatch))[check]
    assert (found["state"], found["exitStatus"]) == ("failed", status)
    assert text in found["text"]
    assert fix in str(found["hint"])


def spark_defaults(machine: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    (machine / "spark" / "conf").mkdir()
    (machine / "spark" / "conf" / "spark-defaults.conf").write_text("spark.pyspark.python /opt/python\n")
    return LOCAL


def spark_env(machine: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    (machine / "spark" / "conf").mkdir()
    (machine / "spark" / "conf" / "spark-env.sh").write_text("export PYSPARK_DRIVER_PYTHON=/opt/python\n")
    return LOCAL


@pytest.mark.parametrize(
    ("arrange", "check", "text", "fix"),
    [
        (spark_defaults, "spark", "spark.pyspark.python=/opt/python", "remove the line"),
        (spark_env, "spark", "PYSPARK_DRIVER_PYTHON of", "remove the line"),
    ],
)
def test_a_setting_that_may_harm_is_a_warning_with_its_fix(
    arrange: Arrange,
    check: str,
    text: str,
    fix: str,
    machine: Path,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = examine(call, *arrange(machine, monkeypatch))[check]
    assert (found["state"], text in found["text"], fix in found["hint"]) == ("warning", True, True)


def test_a_listener_with_tls_and_a_client_without_is_named_with_the_protocol(
    machine: Path, call: Call, tmp_path: Path
) -> None:
    """The TLS is real; a broker's one answer is not, since a broker takes seconds to start."""
    both, _ = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(both)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            asked = secured.recv(100)
            # To the request of that number: no error, and no way to log in.
            secured.sendall(struct.pack(">i", 10) + asked[8:12] + struct.pack(">hi", 0, 0))

    with tcp_server(serve) as server:
        found = examine(call, *LOCAL, "--bootstrap-server", server)["kafka"]
    assert (found["state"], found["exitStatus"]) == ("failed", 3)
    assert "security.protocol is PLAINTEXT" in found["text"]
    assert "speaks TLS" in found["text"]
    assert "security.protocol=SSL" in found["hint"]


def test_in_cluster_says_what_keeps_it_from_a_container(machine: Path, call: Call) -> None:
    found = examine(call, "--master", "yarn", "--in-cluster")
    assert found["container"]["state"] == "skipped"
    assert found["container"]["text"].endswith("which needs hadoop")

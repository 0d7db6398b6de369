"""What really goes out to a broker, for each spelling of the connection's settings and each source."""

from __future__ import annotations

import contextlib
import shlex
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ethlogs.errors import ExitStatus
from tests.harness.running import wait_until
from tests.unit.cli.calls import HIDDEN, Call, Outcome, write_config

TLS_HANDSHAKE = b"\x16\x03"
SSL = ["SSL", "ssl", "Ssl", " ssl ", "sSl\t"]
SASL_SSL = ["SASL_SSL", "sasl_ssl", "Sasl_Ssl", "  SASL_ssl"]
CLEAR = ["PLAINTEXT", "plaintext", " PlainText "]
REFUSED = ["", "TLS", "SASL-SSL", "SASL SSL", "SSL,SASL_SSL", "true", HIDDEN]
LIMIT = "bootstrap.timeout.ms"
LIMITS_MS = ("300", "3000", "30000")
"""How long the client tries; a busy machine may have sent nothing before the first is over."""
LAST = b"the last one"


class Listener:
    """A TCP port that keeps the first bytes of each connection and answers nothing.

    A client whose time is over as it connects sends none.
    """

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.first_bytes: list[bytes] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                with contextlib.suppress(OSError):
                    self.first_bytes += filter(None, [connection.recv(16)])

    def all_first_bytes(self) -> list[bytes]:
        """Those of each connection on which any came, also of one that was not looked at yet."""
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(LAST)
            wait_until(lambda: LAST in self.first_bytes, "every connection was looked at")
        self.first_bytes.remove(LAST)
        return self.first_bytes

    def close(self) -> None:
        # close() alone does not wake the thread that accepts.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def listener() -> Iterator[Listener]:
    opened = Listener()
    yield opened
    opened.close()


Ask = Callable[[dict[str, str]], tuple[int, str, list[bytes]]]


def to_flags(settings: dict[str, str]) -> list[str]:
    return [part for name, value in settings.items() for part in ("--kafka-config", f"{name}={value}")]


@pytest.fixture(params=["--kafka-config", "--command-config", "environment", "ethlogs.toml"])
def ask(
    request: pytest.FixtureRequest,
    call: Call,
    listener: Listener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Ask:
    """Ask for a stream's status with settings from one source; returns status, stderr and what went out."""

    def run(settings: dict[str, str]) -> tuple[int, str, list[bytes]]:
        monkeypatch.chdir(tmp_path)
        for limit_ms in LIMITS_MS:
            outcome = run_for(settings, limit_ms)
            sent = listener.all_first_bytes()
            if sent or outcome.status == ExitStatus.SETTINGS:
                break
        return outcome.status, outcome.stderr, sent

    def run_for(settings: dict[str, str], limit_ms: str) -> Outcome:
        flags = []
        every = {**settings, LIMIT: limit_ms}
        if request.param == "--kafka-config":
            flags = to_flags(every)
        elif request.param == "--command-config":
            lines = [f"{name}={value}" for name, value in settings.items()]
            Path("client.properties").write_text("\n".join(lines))
            flags = ["--command-config", "client.properties", *to_flags({LIMIT: limit_ms})]
        elif request.param == "environment":
            pairs = [f"{name}={value}" for name, value in every.items()]
            monkeypatch.setenv("ETHLOGS_KAFKA_CONFIG", shlex.join(pairs))
        else:
            table = [f"{name} = {value!r}" for name, value in every.items()]
            write_config("\n".join(["[kafka-config]", *table]).replace("'", '"'))
        return call("status", "--bootstrap-server", f"127.0.0.1:{listener.port}", *flags)

    return run


@pytest.mark.parametrize("protocol", SSL)
def test_ssl_in_any_spelling_begins_with_a_tls_handshake(ask: Ask, protocol: str) -> None:
    status, _, sent = ask({"security.protocol": protocol})
    assert status != 0
    assert sent
    assert {first[:2] for first in sent} == {TLS_HANDSHAKE}


@pytest.mark.parametrize("protocol", SASL_SSL)
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "scram-sha-512"])
def test_sasl_ssl_in_any_spelling_begins_with_a_tls_handshake(
    ask: Ask, protocol: str, mechanism: str
) -> None:
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    jaas = f"{module} required username=ada password={HIDDEN};"
    settings = {"security.protocol": protocol, "sasl.mechanism": mechanism, "sasl.jaas.config": jaas}
    _, said, sent = ask(settings)
    assert sent
    assert {first[:2] for first in sent} == {TLS_HANDSHAKE}
    assert HIDDEN not in said


@pytest.mark.parametrize("name", ["security_protocol", "security-protocol", "SECURITY.PROTOCOL"])
def test_the_settings_name_may_be_spelled_otherwise_too(ask: Ask, name: str) -> None:
    _, _, sent = ask({name: "ssl"})
    assert sent
    assert {first[:2] for first in sent} == {TLS_HANDSHAKE}


@pytest.mark.parametrize("protocol", CLEAR)
def test_plaintext_is_plaintext(ask: Ask, protocol: str) -> None:
    _, _, sent = ask({"security.protocol": protocol})
    assert sent
    # The last ones ask what the port speaks, since it never answers.
    assert sent[0][:2] != TLS_HANDSHAKE


@pytest.mark.parametrize("protocol", REFUSED)
def test_no_byte_goes_out_for_a_protocol_that_is_none(ask: Ask, protocol: str) -> None:
    status, said, sent = ask({"security.protocol": protocol})
    assert (status, sent) == (3, [])
    assert "the Kafka setting security.protocol" in said
    assert HIDDEN not in said


@pytest.mark.parametrize("mechanism", ["", "KERBEROS", "SCRAM", "OAUTHBEARER", HIDDEN])
def test_no_byte_goes_out_for_a_mechanism_that_is_none(ask: Ask, mechanism: str) -> None:
    status, said, sent = ask({"security.protocol": "SASL_SSL", "sasl.mechanism": mechanism})
    assert (status, sent) == (3, [])
    assert "the Kafka setting sasl.mechanism" in said
    assert HIDDEN not in said


def test_no_byte_goes_out_for_two_spellings_that_differ(ask: Ask) -> None:
    status, said, sent = ask({"security.protocol": "SASL_SSL", "security_protocol": "PLAINTEXT"})
    assert (status, sent) == (3, [])
    assert "security.protocol is given twice" in said


def test_a_byte_order_mark_does_not_make_a_connection_plain(
    call: Call, listener: Listener, tmp_path: Path
) -> None:
    """kafka-python would not know the key, and its default is clear text."""
    (tmp_path / "client.properties").write_bytes(b"\xef\xbb\xbfsecurity.protocol=SSL\n")
    sent: list[bytes] = []
    for limit_ms in LIMITS_MS:
        config = ("--command-config", str(tmp_path / "client.properties"), *to_flags({LIMIT: limit_ms}))
        call("status", "--bootstrap-server", f"127.0.0.1:{listener.port}", *config)
        sent = listener.all_first_bytes()
        if sent:
            break
    assert {first[:2] for first in sent} == {TLS_HANDSHAKE}


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        (
            {"security.protocol": "ssl", "ssl.check.hostname": " False"},
            "ssl.check.hostname=false: a broker's",
        ),
        (
            {"security.protocol": "SSL", "ssl.endpoint.identification.algorithm": ""},
            "ssl.check.hostname=false: a broker's",
        ),
        ({"ssl.check.hostname": "true"}, "ssl.check.hostname is set and security.protocol is not"),
    ],
)
def test_a_connection_that_others_can_read_is_warned_about(
    call: Call, listener: Listener, settings: dict[str, str], warned: str
) -> None:
    flags = to_flags({**settings, LIMIT: LIMITS_MS[0]})
    outcome = call("status", "--bootstrap-server", f"127.0.0.1:{listener.port}", *flags)
    assert f"warning: {warned}" in outcome.stderr

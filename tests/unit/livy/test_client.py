"""Every answer that a caller of Livy can get, as a result or as one clear error."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from ethlogs.errors import (
    EthlogsError,
    KerberosError,
    LivyError,
    LivyUnavailableError,
    NotAuthorizedError,
    SettingsError,
)
from ethlogs.livy import client as module
from ethlogs.livy.client import LivyClient, LivyEndpoint
from tests.unit.fake_livy import NEGOTIATE, Answer, FakeLivy, serving
from tests.unit.tcp_server import tcp_server

TICKET = {"Authorization": "Negotiate dGlja2V0"}


@contextlib.contextmanager
def client_of(url: str, ticket: dict[str, str] | None = None) -> Iterator[LivyClient]:
    with contextlib.closing(LivyClient(LivyEndpoint(url), lambda _url: ticket or {})) as client:
        yield client


@pytest.fixture
def livy() -> Iterator[FakeLivy]:
    fake = FakeLivy()
    with serving(fake):
        yield fake


@pytest.fixture
def client(livy: FakeLivy) -> Iterator[LivyClient]:
    with client_of(livy.url) as found:
        yield found


def test_a_batch_is_created_found_described_read_and_deleted(livy: FakeLivy, client: LivyClient) -> None:
    created = client.create({"file": "hdfs:/driver.py", "name": "ethlogs produce a.b R"})
    assert (created.id, created.state, created.app_id) == (0, "starting", None)
    livy.batches[0].update(state="running", appId="application_1_1", log=["stdout: ", "one", "\nstderr: "])
    found = client.find("ethlogs produce a.b R")
    assert found is not None
    assert (found.id, found.app_id) == (0, "application_1_1")
    assert client.describe(0) == found
    assert client.read_log(0) == "stdout: \none\nstderr: "
    client.delete(0)
    client.delete(0)
    assert client.find("ethlogs produce a.b R") is None
    assert client.describe(0) is None


def test_each_request_names_its_sender_for_servers_that_insist_on_it(
    livy: FakeLivy, client: LivyClient
) -> None:
    client.create({"name": "one"})
    client.delete(0)
    assert {asked.headers["x-requested-by"] for asked in livy.asked} == {"ethlogs"}


def test_a_batch_of_which_only_the_name_is_there_is_a_ghost(livy: FakeLivy, client: LivyClient) -> None:
    livy.add("refused", log=[])
    livy.add("taken")
    refused, taken = client.describe(0), client.describe(1)
    assert refused is not None
    assert taken is not None
    assert (refused.is_ghost, taken.is_ghost) == (True, False)


def test_a_server_that_asks_for_kerberos_is_given_a_ticket(livy: FakeLivy) -> None:
    livy.next_answers = [NEGOTIATE]
    with client_of(livy.url, TICKET) as client:
        assert client.fetch_version() == "0.7.1-incubating"
        assert client.proof == "Kerberos"
    assert [asked.headers.get("authorization") for asked in livy.asked] == [None, TICKET["Authorization"]]


def test_a_server_that_asks_nobody_is_known_as_one(client: LivyClient) -> None:
    client.fetch_version()
    assert client.proof is None


def test_a_gateway_that_asks_for_a_password_takes_that_of_the_url_which_no_message_has(
    livy: FakeLivy,
) -> None:
    with client_of(livy.url.replace("//", "//ada:geheim@")) as client:
        assert client.fetch_version() == "0.7.1-incubating"
        assert client.proof == "a password"
        livy.next_answers = [Answer(500, "broken")]
        with pytest.raises(LivyUnavailableError) as failed:
            client.fetch_version()
    assert livy.asked[0].headers["authorization"].startswith("Basic ")
    assert "geheim" not in str(failed.value)
    assert "ada" not in str(failed.value)


ANSWERS = {
    "no ticket": ([NEGOTIATE], KerberosError, "asks for Kerberos, and there is no valid ticket", "kinit"),
    "a password": (
        [Answer(401, "no", (("WWW-Authenticate", 'Basic realm="Knox"'),))],
        KerberosError,
        'asks for a login (Basic realm="Knox")',
        "ETHLOGS_LIVY_URL",
    ),
    "no permission": (
        [Answer(403, {"msg": "User 'ada' not allowed to impersonate 'Some(bob)'."})],
        NotAuthorizedError,
        "refused (HTTP 403): User 'ada' not allowed to impersonate 'Some(bob)'.",
        "livy.superusers",
    ),
    "a file of the server's": (
        [Answer(400, {"msg": "requirement failed: Local path /a.py cannot be added to user sessions."})],
        LivyError,
        "Local path /a.py cannot be added",
        "livy.file.local-dir-whitelist",
    ),
    "a setting that is not allowed": (
        [Answer(400, {"msg": "Blacklisted configuration values in session config: spark.x"})],
        LivyError,
        "session config: spark.x",
        "leave them out",
    ),
    "an unknown field": (
        [Answer(400, '"Unrecognized field \\"x\\""')],
        LivyError,
        '(HTTP 400): Unrecognized field "x"',
        None,
    ),
    "a page": (
        [Answer(400, "<html><title>Error</title><pre>    Missing &amp; gone.</pre></html>")],
        LivyError,
        "(HTTP 400): Missing & gone.",
        None,
    ),
    "too many at once": (
        [Answer(400, {"msg": "Rejected, too many sessions are being created!"})],
        LivyUnavailableError,
        "too many sessions",
        "try again",
    ),
    "a failure": ([Answer(500, "")], LivyUnavailableError, "failed (HTTP 500): Internal Server", "its log"),
    "a server that starts": (
        [Answer(503, "<title>Error 503</title>")],
        LivyUnavailableError,
        "failed (HTTP 503): Error 503",
        "is it starting?",
    ),
    "another path": ([Answer(404, "<pre>Not Found</pre>")], LivyError, "(HTTP 404): Not Found", "--livy-url"),
    "a login page": (
        [Answer(302, "", (("Location", "http://127.0.0.1:1/login"),))],
        LivyError,
        "refused (HTTP 302)",
        "with its path",
    ),
    "another server": (
        [Answer(200, "<html><title>Welcome to nginx!</title></html>")],
        LivyError,
        "answered with something other than Livy's JSON: Welcome to nginx!",
        "is --livy-url the URL of Livy",
    ),
    "another JSON": (
        [Answer(200, {"jsonrpc": "2.0"})],
        LivyError,
        "something other than Livy's JSON",
        "is --livy-url the URL of Livy",
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_each_refusal_is_one_clear_error(livy: FakeLivy, client: LivyClient, case: str) -> None:
    answers, kind, message, hint = ANSWERS[case]
    livy.next_answers = list(answers)
    with pytest.raises(EthlogsError) as failed:
        client.create({"name": "one"})
    assert type(failed.value) is kind
    assert message in str(failed.value)
    assert (hint is None and failed.value.hint is None) or str(hint) in str(failed.value.hint)
    assert "Traceback" not in str(failed.value)


def test_a_ticket_that_is_not_accepted(livy: FakeLivy) -> None:
    livy.next_answers = [NEGOTIATE, Answer(401, "<pre>Defective token</pre>")]
    with client_of(livy.url, TICKET) as client, pytest.raises(KerberosError, match="Defective token"):
        client.fetch_version()


def test_a_gateways_page_is_not_taken_for_a_batch_that_is_not_there(
    livy: FakeLivy, client: LivyClient
) -> None:
    livy.next_answers = [Answer(404, "<title>404 gateway</title>")]
    with pytest.raises(LivyError, match="404 gateway"):
        client.find("one")


def test_a_server_that_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with client_of(f"http://127.0.0.1:{port}") as client, pytest.raises(LivyUnavailableError) as failed:
        client.fetch_version()
    assert str(failed.value) == f"Livy at http://127.0.0.1:{port} cannot be reached: Connection refused"


def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SECONDS", 0.2)
    with (
        tcp_server(lambda connection: [connection.recv(1 << 16), connection.recv(1)]) as place,
        client_of(f"http://{place}") as client,
        pytest.raises(LivyUnavailableError, match=r"did not answer within 0\.2 seconds"),
    ):
        client.fetch_version()


def test_a_port_that_does_not_speak_tls(livy: FakeLivy) -> None:
    with (
        client_of(livy.url.replace("http:", "https:")) as client,
        pytest.raises(LivyUnavailableError, match="cannot be reached"),
    ):
        client.fetch_version()


@pytest.mark.parametrize("url", ["localhost:8998", "ftp://livy", "http://", "http://h:x", "http://h/?a=b"])
def test_what_is_no_url_of_livy_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="--livy-url") as refused:
        LivyEndpoint.of(url, None)
    assert "a=b" not in str(refused.value)


def test_a_ca_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(SettingsError, match="--livy-ca-file /none is not a file"):
        LivyEndpoint.of("https://livy:8998/", "/none")


def test_the_url_may_have_a_gateways_path_and_a_slash_at_its_end(livy: FakeLivy) -> None:
    with client_of(LivyEndpoint.of(f"{livy.url}/gateway/livy/", None).url) as client:
        livy.next_answers = [Answer(200, {"version": "1"})]
        client.fetch_version()
    assert livy.asked[0].path == "/gateway/livy/version"


def test_an_endpoint_shows_no_password() -> None:
    assert "hunter2" not in repr(LivyEndpoint.of("http://ada:hunter2@livy:8998", None))

"""Names that a container would not understand as this machine does."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from ethlogs.settings import KafkaSettings, NodeSettings
from ethlogs.submission.hosts import describe_host, describe_local_host, list_local, list_problems

HERE = {
    "kafka.example.com": "192.0.2.7",
    "kafka": "192.0.2.7",
    "edge.example.com": "127.0.1.1",
    "localhost": "127.0.0.1",
}


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A known DNS: that of the machine that runs the tests may know anything."""

    def look_up(host: str, port: object) -> list[Any]:
        if host not in HERE:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HERE[host], 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]", "::"]
)
def test_this_machines_own_names_are_the_yarn_node_there(host: str) -> None:
    assert describe_local_host(host) == "would be the YARN node, not this machine"


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ("kafka.example.com", None),
        ("192.0.2.7", None),
        ("kafka", "is a short name"),
        ("edge.example.com", "is 127.0.1.1 here, by this machine's own hosts file"),
        ("nowhere.example.com", "is not known to this machine's DNS"),
        ("fe80::1", "one network segment alone"),
    ],
)
def test_a_name_is_judged_by_its_form_and_by_what_it_is_here(host: str, problem: str | None) -> None:
    found = describe_host(host)
    assert found is None if problem is None else problem in str(found)


def test_node_brokers_and_what_these_advertise_are_listed_without_a_secret() -> None:
    node = NodeSettings(("http://ada:hunter2@localhost:8545", "ipc:///geth.ipc", "https://kafka.example.com"))
    kafka = KafkaSettings("kafka:9092,kafka.example.com:9092")
    found = list_problems(node, kafka, ["kafka", "localhost"])
    assert [problem.split(" ")[0] for problem in found] == ["node", "node", "broker", "broker"]
    assert found[1] == "node ipc:///geth.ipc is a socket of this machine"
    assert found[2].startswith("broker kafka is a short name")
    assert found[3].startswith("broker localhost, as it advertises itself, would be the YARN node")
    assert "hunter2" not in "".join(found)
    assert len(list_local(node, kafka)) == 2

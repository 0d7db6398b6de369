"""The settings of the devnet's HDFS and YARN with Kerberos."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ethlogs_devnet.hadoop.kerberos import HadoopIdentity, build_secure_site
from ethlogs_devnet.hadoop.settings import HadoopPorts, Node, Properties, build_site, merge_sites

IDENTITY = HadoopIdentity(
    "ETHLOGS.TEST",
    Path("/realm/krb5.conf"),
    Path("/keytabs/hadoop"),
    Path("/keytabs/http"),
    Path("/cookie-key"),
)
NODE = Node(Path("/data"), HadoopPorts(*range(20_001, 20_001 + len(HadoopPorts._fields))), "somebody")


@pytest.fixture
def site() -> dict[str, Properties]:
    return merge_sites(build_site(NODE, {}), build_secure_site(IDENTITY, "somebody"))


def test_each_principal_has_a_keytab_of_its_own(site: dict[str, Properties]) -> None:
    properties = {name: value for name in ("core", "hdfs", "yarn") for name, value in site[name].items()}
    principals = {name for name, value in properties.items() if value.endswith("@ETHLOGS.TEST")}
    keytabs = [value for value in properties.values() if value.startswith("/keytabs/")]

    assert {properties[name] for name in principals} == {
        "hadoop/localhost@ETHLOGS.TEST",
        "HTTP/localhost@ETHLOGS.TEST",
    }
    assert len(principals) == len(keytabs)


def test_the_daemons_are_the_user_who_runs_them_and_others_are_themselves(
    site: dict[str, Properties],
) -> None:
    rule, default = site["core"]["hadoop.security.auth_to_local"].splitlines()

    assert rule == "RULE:[2:$1@$0](hadoop@ETHLOGS.TEST)s/.*/somebody/"
    assert re.search(r"\([^)]*\(", rule) is None
    assert default == "DEFAULT"


def test_web_pages_ask_for_a_ticket(site: dict[str, Properties]) -> None:
    assert site["core"]["hadoop.http.authentication.type"] == "kerberos"
    assert site["core"]["hadoop.http.authentication.signature.secret.file"] == "/cookie-key"


def test_people_may_submit_to_queues_of_their_own(site: dict[str, Properties]) -> None:
    queues = site["capacity-scheduler"]
    submitters = {
        name: queues[f"yarn.scheduler.capacity.root.{name}.acl_submit_applications"]
        for name in ("default", "streaming", "restricted")
    }

    assert submitters == {
        "default": "somebody,ethlogs,visitor",
        "streaming": "somebody,ethlogs",
        "restricted": "nobody-else",
    }


def test_containers_find_the_realm_as_on_a_node_that_has_a_krb5_conf(site: dict[str, Properties]) -> None:
    handed_on = site["yarn"]["yarn.nodemanager.env-whitelist"].split(",")

    assert IDENTITY.environment().keys() <= set(handed_on)
    assert "JAVA_HOME" in handed_on


def test_the_cookies_key_is_private(tmp_path: Path) -> None:
    key = tmp_path / "key"
    HadoopIdentity("R", key, key, key, key).write_cookie_key()

    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_text()) == 64

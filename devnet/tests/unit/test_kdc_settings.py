"""The Kerberos settings of the devnet."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs_devnet import DevnetError, Kdc, MissingToolError
from ethlogs_devnet.kerberos.programs import find_program, realm_environment
from ethlogs_devnet.kerberos.settings import KdcFiles, build_kdc_conf, build_krb5_conf

FILES = KdcFiles(Path("/realm"))


def test_clients_find_the_realm_without_dns_and_take_names_as_they_are_given() -> None:
    lines = [line.strip() for line in build_krb5_conf(FILES, 20_001).splitlines()]

    assert lines[:2] == ["[libdefaults]", "default_realm = ETHLOGS.TEST"]
    assert {
        "kdc = 127.0.0.1:20001",
        "dns_lookup_kdc = false",
        "dns_canonicalize_hostname = false",
        "rdns = false",
        "udp_preference_limit = 1",
    } <= set(lines)


def test_no_cache_and_no_keytab_is_the_machines() -> None:
    lines = build_krb5_conf(FILES, 20_001).splitlines()
    names = ("default_ccache_name", "default_keytab_name", "default_client_keytab_name")
    values = [line.partition(" = ")[2] for line in lines if line.strip().startswith(names)]

    assert len(values) == len(names)
    assert all(value.startswith("FILE:/realm/") for value in values)


def test_the_server_listens_on_the_loopback_address_and_keeps_all_in_its_folder() -> None:
    lines = [line.strip() for line in build_kdc_conf(FILES, 20_001).splitlines()]

    assert 'kdc_listen = ""' in lines
    assert "kdc_tcp_listen = 127.0.0.1:20001" in lines
    assert "database_name = /realm/principal" in lines
    assert lines.count("}") == 1


def test_a_keytab_is_named_after_its_principal() -> None:
    assert FILES.keytab("kafka/localhost") == Path("/realm/keytabs/kafka_localhost.keytab")


def test_a_programs_environment_has_nothing_of_the_users_kerberos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRB5CCNAME", "KEYRING:persistent:0")
    monkeypatch.setenv("KRB5_KTNAME", "/etc/krb5.keytab")
    environment = realm_environment(FILES)

    assert {name: value for name, value in environment.items() if name.startswith("KRB5")} == {
        "KRB5_CONFIG": "/realm/krb5.conf",
        "KRB5_KDC_PROFILE": "/realm/kdc.conf",
        "KRB5CCNAME": "FILE:/realm/tickets",
    }


def test_a_missing_program_is_named_with_what_installs_it() -> None:
    with pytest.raises(MissingToolError, match="no-such-program") as caught:
        find_program("no-such-program")

    assert caught.value.hint == "apt-get install krb5-kdc krb5-admin-server krb5-user"


@pytest.mark.parametrize("seconds", [19, 7 * 86_400 + 1])
def test_tickets_do_not_last_too_short_or_too_long(tmp_path: Path, seconds: int) -> None:
    with pytest.raises(DevnetError, match=f"not {seconds} s"):
        Kdc(tmp_path, ticket_seconds=seconds)

"""Tickets from a real KDC: obtained, kept, refused, and lost."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import KerberosError
from ethlogs.kerberos.keeper import RENEWED_AT, kept_ticket, read_lifetime
from ethlogs.settings import KerberosSettings
from ethlogs_devnet import Kdc
from ethlogs_devnet.kerberos.programs import run_kadmin
from tests.harness.running import ENOUGH_SECONDS, wait_until

LIFE_SECONDS = 20
USER, SERVICE = "ada", "kafka/localhost"


@pytest.fixture(scope="module")
def _realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    with Kdc(tmp_path_factory.mktemp("kdc"), LIFE_SECONDS) as kdc:
        kdc.add_principal(USER)
        kdc.add_service(SERVICE)
        yield kdc


@pytest.fixture
def kdc(_realm: Kdc, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kdc]:
    """The realm, running, and this process in it."""
    if _realm.pid is None:
        _realm.start()
    for name, value in _realm.environment().items():
        monkeypatch.setenv(name, value)
    yield _realm


def settings_of(kdc: Kdc, principal: str = USER, **more: str) -> KerberosSettings:
    return KerberosSettings(kdc.full_name(principal), str(kdc.keytab(USER)), **more)


def refusal(settings: KerberosSettings, host: str = "localhost") -> KerberosError:
    """Why no ticket can be had."""
    with pytest.raises(KerberosError) as caught, kept_ticket(settings, [host], StopSwitch(), print):
        pass
    assert caught.value.exit_status == 5
    return caught.value


def cache_of_this_process() -> Path:
    return Path(os.environ["KRB5CCNAME"].removeprefix("FILE:"))


def test_a_ticket_is_held_in_a_private_cache_and_gone_afterwards(kdc: Kdc) -> None:
    before = os.environ["KRB5CCNAME"]
    with kept_ticket(settings_of(kdc), ["localhost"], StopSwitch(), print):
        cache = cache_of_this_process()
        assert stat.S_IMODE(cache.stat().st_mode) == 0o600
        assert stat.S_IMODE(cache.parent.stat().st_mode) == 0o700
        assert 0 < read_lifetime(cache) <= LIFE_SECONDS
        assert os.environ["KRB5_CLIENT_KTNAME"] == f"FILE:{kdc.keytab(USER)}"
    assert not cache.parent.exists()
    assert os.environ["KRB5CCNAME"] == before
    assert "KRB5_CLIENT_KTNAME" not in os.environ


def test_a_ticket_is_renewed_before_half_of_its_life(kdc: Kdc) -> None:
    assert RENEWED_AT < 0.5
    with kept_ticket(settings_of(kdc), ["localhost"], StopSwitch(), print):
        cache = cache_of_this_process()
        first, lapses_at = cache.stat().st_ino, time.monotonic() + read_lifetime(cache)
        wait_until(lambda: cache.stat().st_ino != first, "the ticket is renewed")
        assert time.monotonic() + read_lifetime(cache) > lapses_at


def test_a_kdc_that_is_away_is_told_and_costs_nothing_within_the_tickets_life(kdc: Kdc) -> None:
    notices: list[str] = []
    stop = StopSwitch()
    with kept_ticket(settings_of(kdc), ["localhost"], stop, notices.append) as keeper:
        cache = cache_of_this_process()
        first = cache.stat().st_ino
        kdc.stop()
        wait_until(lambda: any("cannot be renewed" in notice for notice in notices), "it is reported")
        keeper.cover(["localhost"])  # what a client needs for a new connection is in the cache
        kdc.start()
        wait_until(lambda: cache.stat().st_ino != first, "it is renewed")
        wait_until(lambda: notices[-1] == "the ticket was renewed", "that is reported")
    assert not stop.requested
    assert "no KDC of the realm answers" in notices[1]


def test_a_ticket_that_lapses_ends_the_run_with_status_5(kdc: Kdc) -> None:
    stop = StopSwitch()
    with kept_ticket(settings_of(kdc), ["localhost"], stop, print):
        kdc.stop()
        with pytest.raises(KerberosError, match="the ticket has expired and there is no new one") as caught:
            stop.pause(ENOUGH_SECONDS)
    assert "the same command resumes" in (caught.value.hint or "")


def test_an_unknown_principal_is_named(kdc: Kdc) -> None:
    error = refusal(settings_of(kdc, "nobody"))
    assert "nobody@ETHLOGS.TEST" in str(error)
    assert "no key of this principal" in str(error)


def test_a_principal_that_the_kdc_does_not_know(kdc: Kdc, tmp_path: Path) -> None:
    other = Kdc(tmp_path / "other")
    keytab = other.add_principal("eve")
    error = refusal(KerberosSettings(kdc.full_name("eve"), str(keytab)))
    assert "the KDC does not know the principal" in str(error)


def test_a_keytab_whose_key_was_changed(kdc: Kdc) -> None:
    kdc.add_principal("old")
    kdc.change_key("old", into_keytab=False)
    error = refusal(KerberosSettings(kdc.full_name("old"), str(kdc.keytab("old"))))
    assert "not the principal's present one" in str(error)
    assert "new keytab" in (error.hint or "")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (["cpw", "-randkey", "-e", "camellia256-cts-cmac:normal"], "no key of the kind and version"),
        (["modprinc", "-allow_tix"], "the principal is locked or expired"),
        (["modprinc", "-expire", "yesterday"], "the principal or its password is expired"),
    ],
)
def test_what_the_kdc_holds_against_a_principal_is_named(kdc: Kdc, made: list[str], said: str) -> None:
    name = f"refused-{len(said)}"
    keytab = kdc.add_principal(name)
    run_kadmin(kdc.files, *made, name)
    assert said in str(refusal(KerberosSettings(kdc.full_name(name), str(keytab))))


def test_encryption_types_that_the_kdc_does_not_have(kdc: Kdc, tmp_path: Path) -> None:
    conf = tmp_path / "krb5.conf"
    only = "[libdefaults]\n  permitted_enctypes = camellia256-cts-cmac\n"
    conf.write_text(kdc.krb5_conf.read_text().replace("[libdefaults]\n", only))
    error = refusal(settings_of(kdc, krb5_conf=str(conf)))
    assert "the KDC does not allow the keytab's encryption types" in str(error)


def test_a_container_without_krb5_conf(kdc: Kdc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRB5_CONFIG", str(tmp_path / "nowhere"))
    error = refusal(settings_of(kdc))
    assert f"there is no krb5.conf on this machine, {socket.gethostname()}" in str(error)
    assert "--krb5-conf" in (error.hint or "")


def test_an_unknown_realm(kdc: Kdc) -> None:
    error = refusal(KerberosSettings("ada@ELSEWHERE", str(kdc.keytab(USER))))
    assert "ELSEWHERE" in str(error)


def test_a_service_that_the_kdc_does_not_know_is_named_as_it_was_asked_for(kdc: Kdc) -> None:
    error = refusal(settings_of(kdc), "127.0.0.1")
    assert "the KDC knows no service kafka/127.0.0.1" in str(error)
    assert "--kerberos-service-name" in (error.hint or "")
    error = refusal(settings_of(kdc, service_name="broker"))
    assert "broker/localhost" in str(error)


def test_a_krb5_conf_of_the_settings_goes_before_the_machines(kdc: Kdc, tmp_path: Path) -> None:
    conf = tmp_path / "krb5.conf"
    conf.write_text("[libdefaults]\n default_realm = ELSEWHERE\n dns_lookup_kdc = false\n")
    error = refusal(settings_of(kdc, krb5_conf=str(conf)))
    assert "krb5.conf does not say where the realm's KDC is" in str(error)


def test_nothing_secret_is_told(kdc: Kdc) -> None:
    notices: list[str] = []
    with kept_ticket(settings_of(kdc), ["localhost"], StopSwitch(), notices.append):
        pass
    assert notices == [f"Kerberos ticket for ada@ETHLOGS.TEST, valid for {LIFE_SECONDS} seconds"] or notices[
        0
    ].startswith("Kerberos ticket for ada@ETHLOGS.TEST, valid for 1")


# ---------------------------------------------------------------- workers

WORK = """
import os, sys, time
from ethlogs.kerberos.worker_ticket import hold_ticket
from ethlogs.settings import KerberosSettings
import gssapi

for _ in range(2):
    hold_ticket(KerberosSettings(sys.argv[1], sys.argv[2]), 0.0)
service = gssapi.Name("kafka@localhost", gssapi.NameType.hostbased_service)
context = gssapi.SecurityContext(name=service, usage="initiate")
context.step()
print(gssapi.Credentials(usage="initiate").name, os.environ["KRB5CCNAME"])
"""


def work(principal: str, keytab: Path) -> subprocess.CompletedProcess[str]:
    """What a worker's own process does: its variables are its own."""
    command = [sys.executable, "-c", WORK, principal, str(keytab)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=ENOUGH_SECONDS)


def test_a_worker_has_a_ticket_of_the_principal_in_its_memory_alone(kdc: Kdc, tmp_path: Path) -> None:
    """Also where the keytab has another principal first, whose ticket libkrb5 would take by itself."""
    keytab = tmp_path / "both.keytab"
    keytab.write_bytes(kdc.keytab(SERVICE).read_bytes() + kdc.keytab(USER).read_bytes()[2:])
    worked = work(kdc.full_name(USER), keytab)
    assert worked.stdout.split() == [kdc.full_name(USER), "MEMORY:ethlogs"], worked.stderr


def test_a_worker_without_a_key_of_the_principal_says_so(kdc: Kdc) -> None:
    refused = work(kdc.full_name("nobody"), kdc.keytab(USER))
    assert refused.returncode
    assert "no ticket for nobody@ETHLOGS.TEST on an executor" in refused.stderr

"""What Kerberos says, in our words; tickets themselves are tested with a real KDC."""

from __future__ import annotations

import ctypes
from ctypes.util import find_library
from pathlib import Path

import pytest

from ethlogs.errors import KerberosError
from ethlogs.kerberos.kinit import explain, find_kinit, obtain_ticket


@pytest.mark.parametrize(
    ("said", "meaning", "hint"),
    [
        (
            "kinit: Client 'a@A' not found in Kerberos database while",
            "does not know the principal",
            "--principal",
        ),
        ("kinit: Preauthentication failed while getting", "not the principal's present one", "new keytab"),
        ("kinit: Keytab contains no suitable keys for a@A while", "no key of this principal", "klist -kt"),
        ('kinit: Cannot find KDC for realm "B" while', "krb5.conf does not say", "--krb5-conf"),
        ("kinit: Cannot contact any KDC for realm 'A' while", "no KDC of the realm answers", "port 88"),
        ("kinit: Clock skew too great while", "clock", "NTP"),
        ("kinit: KDC has no support for encryption type while", "encryption types", "aes256"),
        ("kinit: Client's credentials have been revoked while", "locked or expired", "administrator"),
        (
            "kinit: Included profile file could not be read while initializing Kerberos 5 library",
            "krb5.conf includes what is not there",
            "includedir",
        ),
        (
            "kinit: Section header not at top level while initializing Kerberos 5 library",
            "krb5.conf cannot be used",
            "--krb5-conf",
        ),
        ("kinit: Something new", "Something new", "KRB5_TRACE"),
    ],
)
def test_each_of_the_usual_things_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, meaning: str, hint: str
) -> None:
    (tmp_path / "krb5.conf").touch()
    monkeypatch.setenv("KRB5_CONFIG", str(tmp_path / "krb5.conf"))
    found = explain(said, "no ticket for a@A")
    assert str(found).startswith("no ticket for a@A: ")
    assert meaning in str(found)
    assert hint in (found.hint or "")


KDC_ERRORS = -1765328384
"""Where the numbers of RFC 4120 begin in MIT's library."""


@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        (KDC_ERRORS + 1, "the principal or its password is expired"),
        (KDC_ERRORS + 6, "the KDC does not know the principal"),
        (KDC_ERRORS + 14, "the KDC does not allow the keytab's encryption types"),
        (KDC_ERRORS + 18, "the principal is locked or expired"),
        (KDC_ERRORS + 23, "the principal or its password is expired"),
        (KDC_ERRORS + 24, "the keytab's key is not the principal's present one"),
        (KDC_ERRORS + 37, "this machine's clock and the KDC's are too far apart"),
        (KDC_ERRORS + 44, "the keytab's key is not the principal's present one"),
    ],
)
def test_the_librarys_own_words_are_understood(number: int, meaning: str) -> None:
    """Some, like a wrong clock, cannot be had on one machine: these are the words that it has for them."""
    assert meaning in str(explain(words_of_the_library(number), "no ticket"))


def words_of_the_library(number: int) -> str:
    name = find_library("krb5")
    if name is None:
        pytest.skip("MIT's Kerberos library is not here")
    library, context = ctypes.CDLL(name), ctypes.c_void_p()
    library.krb5_init_context(ctypes.byref(context))
    say = library.krb5_get_error_message
    say.restype, say.argtypes = ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int32]
    return str(say(context, number).decode())


def test_without_kinit_the_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(KerberosError, match="there is no kinit") as caught:
        find_kinit({"PATH": str(tmp_path)})
    assert "krb5-user" in (caught.value.hint or "")


def test_the_environments_own_kinit_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "kinit").touch()
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert find_kinit({"PATH": "/usr/bin"}) == str(tmp_path / "kinit")


def fake_kinit(folder: Path, script: str) -> None:
    (folder / "kinit").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "kinit").chmod(0o700)


def test_a_cache_is_complete_before_it_takes_the_old_ones_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_kinit(tmp_path, 'echo new > "${5#FILE:}"')
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    cache = tmp_path / "tickets"
    cache.write_text("old")
    seen: list[tuple[str, str]] = []
    obtain_ticket(
        "a@A", tmp_path / "k", cache, lambda fresh: seen.append((fresh.read_text(), cache.read_text()))
    )
    assert seen == [("new\n", "old")]
    assert cache.read_text() == "new\n"


def test_a_cache_that_cannot_be_completed_leaves_the_old_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_kinit(tmp_path, 'echo new > "${5#FILE:}"')
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    cache = tmp_path / "tickets"
    cache.write_text("old")

    def refuse(fresh: Path) -> None:
        raise KerberosError("no service ticket")

    with pytest.raises(KerberosError, match="no service ticket"):
        obtain_ticket("a@A", tmp_path / "k", cache, refuse)
    assert cache.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kinit", "tickets"]

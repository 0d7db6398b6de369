"""Whose keys a keytab holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.errors import KerberosError, SettingsError
from ethlogs.kerberos.keytab import check_keytab, read_principals
from tests.unit.keytabs import build_keytab


@pytest.mark.parametrize(
    "principals",
    [
        ["ada@A.EXAMPLE"],
        ["ada@A.EXAMPLE", "ethlogs/host.example@A.EXAMPLE"],
        ["zoë@A"],
        [],
    ],
)
def test_each_principal_is_found(principals: list[str]) -> None:
    assert read_principals(build_keytab(*principals), "a.keytab") == set(principals)


def test_a_hole_that_a_removed_key_left_is_skipped() -> None:
    first, second = build_keytab("ada@A"), build_keytab("bob@A")
    hole = (-7 & 0xFFFFFFFF).to_bytes(4, "big") + b"removed"
    assert read_principals(first + hole + second[2:], "a.keytab") == {"ada@A", "bob@A"}


@pytest.mark.parametrize("content", [b"", b"hello", b"\x05\x01\x00"])
def test_what_is_no_keytab_is_refused(content: bytes) -> None:
    with pytest.raises(SettingsError, match=r"--keytab a\.keytab is not a keytab"):
        read_principals(content, "a.keytab")


def test_a_keytab_that_is_cut_off_is_refused() -> None:
    whole = build_keytab("ada@A")
    for length in (12, len(whole) - 1):
        with pytest.raises(SettingsError, match="it is cut off"):
            read_principals(whole[:length], "a.keytab")


@pytest.mark.parametrize("principal", ["ada@A", "ada", "ethlogs/host@A"])
def test_a_keytab_with_the_principals_key_is_accepted(tmp_path: Path, principal: str) -> None:
    keytab = tmp_path / "a.keytab"
    keytab.write_bytes(build_keytab("ada@A", "ethlogs/host@A"))
    check_keytab(keytab, principal)


@pytest.mark.parametrize(
    ("principal", "owners", "message"),
    [
        ("ada@B", ["ada@A"], "has no key of ada@B: it has keys of ada@A"),
        ("bob", ["ada@A", "eve@A"], "has no key of bob: it has keys of ada@A, eve@A"),
        ("ada@A", [], "has no key of ada@A: it has no key at all"),
    ],
)
def test_a_keytab_of_others_is_refused_with_whose_keys_it_has(
    tmp_path: Path, principal: str, owners: list[str], message: str
) -> None:
    keytab = tmp_path / "a.keytab"
    keytab.write_bytes(build_keytab(*owners))
    with pytest.raises(KerberosError, match=message):
        check_keytab(keytab, principal)


def test_a_keytab_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        check_keytab(tmp_path, "ada@A")

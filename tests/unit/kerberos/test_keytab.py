"""Whose keys a keytab holds."""

from __future__ import annotations

import pytest

from ethlogs.errors import SettingsError
from ethlogs.kerberos.keytab import read_principals
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
    with pytest.raises(SettingsError, match="it is cut off"):
        read_principals(build_keytab("ada@A")[:12], "a.keytab")

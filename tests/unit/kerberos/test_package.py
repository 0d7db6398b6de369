"""What a command says where the Python package gssapi is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.kerberos.package import require_gssapi
from ethlogs.settings import KafkaSettings, KerberosSettings
from ethlogs.submission.identity import Identity

GSSAPI = (("security.protocol", "SASL_SSL"), ("sasl.mechanism", "GSSAPI"))


@pytest.fixture
def without_gssapi(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An installation without the package: here it is installed for other tests."""
    monkeypatch.setattr("ethlogs.kerberos.package.find_spec", lambda _name: None)
    monkeypatch.setitem(sys.modules, "gssapi", None)


@pytest.mark.usefixtures("without_gssapi")
def test_the_line_that_installs_it_is_named() -> None:
    with pytest.raises(SettingsError, match="the Python package gssapi is not installed here") as caught:
        require_gssapi()
    assert "pip install 'ethlogs[kerberos]'" in (caught.value.hint or "")


@pytest.mark.usefixtures("without_gssapi")
@pytest.mark.parametrize("kerberos", [None, KerberosSettings("ada@A", "/a.keytab")])
def test_a_command_that_needs_a_ticket_ends_with_status_3(kerberos: KerberosSettings | None) -> None:
    with pytest.raises(SettingsError), Identity(KafkaSettings("kafka:9092", GSSAPI), kerberos).ticket():
        pass


@pytest.mark.usefixtures("without_gssapi")
def test_a_command_that_needs_none_does_not_ask_for_it() -> None:
    with Identity(KafkaSettings("kafka:9092"), None).ticket():
        pass

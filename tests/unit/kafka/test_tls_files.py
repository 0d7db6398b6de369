"""A file of the TLS connection that cannot be used is named before anything is connected."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.kafka.tls_files import check_tls_files

HIDDEN = "hunter2"


@pytest.mark.parametrize("name", ["ssl.cafile", "ssl.certfile", "ssl.keyfile"])
def test_a_file_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=rf"{name} /nowhere\.pem cannot be read: No such file") as caught:
        check_tls_files([(name, "/nowhere.pem")])
    assert "PEM" in (caught.value.hint or "")


def test_a_ca_file_without_a_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("hello")
    with pytest.raises(SettingsError, match="has no certificate in PEM form"):
        check_tls_files([("ssl.cafile", str(tmp_path / "ca.pem"))])


def test_a_client_certificate_that_is_none_is_refused_without_its_password(tmp_path: Path) -> None:
    (tmp_path / "client.pem").write_text("hello")
    settings = [("ssl.certfile", str(tmp_path / "client.pem")), ("ssl.password", HIDDEN)]
    with pytest.raises(SettingsError, match="and its key cannot be used") as caught:
        check_tls_files(settings)
    assert HIDDEN not in str(caught.value)


def test_without_files_there_is_nothing_to_refuse() -> None:
    check_tls_files([("security.protocol", "SSL")])

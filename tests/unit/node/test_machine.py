"""What the environment says about reaching a node, refused with its fix where it cannot work."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.node.machine import read_surroundings
from tests.unit.certificates import make_certificate

HIDDEN = "hunter2"
URL = "https://node.example"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_missing_ca_bundle_of_the_environment_is_a_wrong_setting(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "/no/such/file.pem")
    with pytest.raises(
        SettingsError, match=f"{name} names /no/such/file.pem, which does not exist"
    ) as caught:
        read_surroundings(URL, None)
    assert f"unset {name}" in (caught.value.hint or "")


def test_the_ca_bundle_is_not_looked_at_for_an_http_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")
    read_surroundings("http://node.example", None)


@pytest.mark.parametrize("text", ["", "not a certificate"])
def test_a_file_without_certificates_is_a_wrong_setting(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(text)
    with pytest.raises(SettingsError, match="--node-ca-file cannot be read as CA certificates"):
        read_surroundings(URL, str(path))


def test_the_file_of_the_settings_is_taken_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ca_file = make_certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")
    assert read_surroundings(URL, str(ca_file)).verify == str(ca_file)


def test_a_folder_of_certificates_can_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    assert read_surroundings(URL, None).verify == str(tmp_path)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "ftp"])
@pytest.mark.parametrize("variable", ["ALL_PROXY", "https_proxy"])
def test_a_proxy_of_another_kind_is_a_wrong_setting(
    scheme: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f"{scheme}://me:{HIDDEN}@proxy.example:1080")
    with pytest.raises(SettingsError, match=f"does not support {scheme} proxies .*{variable}") as caught:
        read_surroundings(URL, None)
    assert "NO_PROXY" in (caught.value.hint or "")
    assert HIDDEN not in str(caught.value)


@pytest.mark.parametrize("proxy", ["http://", "http://proxy:99999", "http://proxy:0", "http://[::1"])
def test_a_proxy_that_is_not_a_url_is_a_wrong_setting(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(SettingsError, match="the proxy of HTTPS_PROXY is not a URL"):
        read_surroundings(URL, None)


def test_no_proxy_makes_a_wrong_proxy_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.example:1080")
    monkeypatch.setenv("NO_PROXY", "node.example")
    read_surroundings(URL, None)


@pytest.mark.parametrize("proxy", ["http://proxy:3128", "https://proxy:3128", "proxy:3128"])
def test_http_proxies_can_be_used(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert dict(read_surroundings(URL, None).proxies)["https"] == proxy

"""Options become settings once they are known to be usable."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.settings import BrokerOptions, NodeOptions
from ethlogs.settings.submission import EnvironmentOptions
from ethlogs.submission.checked import check_archive, check_environment, check_kafka, check_node

HIDDEN = "hunter2"
URLS = ("http://geth:8545",)


def test_the_defaults_of_a_node_are_those_of_its_options() -> None:
    settings = check_node(NodeOptions(URLS), print)
    assert (settings.request_timeout_seconds, settings.patience_seconds) == (30.0, 300.0)


def test_the_path_of_a_nodes_certificates_does_not_depend_on_the_current_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("certificates")
    monkeypatch.chdir(tmp_path)
    assert check_node(NodeOptions(URLS, ca_file="ca.pem"), print).ca_file == str(tmp_path / "ca.pem")


def test_a_header_file_that_others_can_read_is_warned_about(tmp_path: Path) -> None:
    path = tmp_path / "headers"
    path.write_text(f"Authorization: Bearer {HIDDEN}\n")
    path.chmod(0o644)
    notices: list[str] = []
    settings = check_node(NodeOptions(URLS, header_file=str(path)), notices.append)
    assert settings.headers == (("Authorization", f"Bearer {HIDDEN}"),)
    assert notices == [
        f"warning: others can read --node-header-file {path}, which has a secret; chmod 600 it"
    ]
    path.chmod(0o600)
    check_node(NodeOptions(URLS, header_file=str(path)), notices.append)
    assert len(notices) == 1


@pytest.mark.parametrize(
    ("options", "flag"),
    [
        (NodeOptions(("geth",)), "--node-url"),
        (NodeOptions(URLS, ca_file="/nowhere.pem"), "--node-ca-file"),
        (NodeOptions(URLS, header_file="/nowhere"), "--node-header-file"),
    ],
)
def test_a_wrong_setting_of_a_node_begins_with_its_flag(options: NodeOptions, flag: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_node(options, print)
    assert caught.value.flag == flag
    assert str(caught.value).startswith(flag)
    assert str(caught.value.at("the key x of y")).startswith(f"{flag} (from the key x of y)")


def test_a_wrong_broker_begins_with_its_flag() -> None:
    with pytest.raises(SettingsError) as caught:
        check_kafka(BrokerOptions("kafka"), (), 1.0)
    assert caught.value.flag == "--bootstrap-server"


def test_two_sources_of_an_environment_exclude_each_other() -> None:
    with pytest.raises(SettingsError, match="--env-file and --env-name exclude each other"):
        check_environment(EnvironmentOptions(env_file="a", env_name="b"))
    assert check_environment(EnvironmentOptions(env_file="a", glibc="2.17")).env_file == "a"


def test_an_archive_that_does_not_exist_is_named() -> None:
    with pytest.raises(SettingsError, match=r"^--env-archive /nowhere\.tar\.gz does not exist$") as caught:
        check_archive("/nowhere.tar.gz")
    assert "ethlogs pack makes an archive" in str(caught.value.hint)


def notices_for(folder: Path, *urls: str) -> list[str]:
    path = folder / "two-hosts"
    path.write_text("Authorization: Bearer TOKEN\n[https://b.example]\nX-Key: KEY\n")
    path.chmod(0o600)
    notices: list[str] = []
    check_node(NodeOptions(urls=urls, header_file=str(path)), notices.append)
    return notices


def test_urls_for_which_the_header_file_has_lines_are_not_mentioned(tmp_path: Path) -> None:
    assert notices_for(tmp_path, "https://a.example", "https://b.example", "ipc:///geth.ipc") == []


def test_a_url_for_which_the_header_file_has_no_line_is_named_without_its_secrets(tmp_path: Path) -> None:
    assert notices_for(tmp_path, "https://a.example", "http://public.example/KEY") == [
        "--node-header-file has no header for http://public.example/…"
    ]

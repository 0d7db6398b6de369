"""conda's configuration is honoured or refused by name, and none of its secrets is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.environment.condarc import Condarc, check_certificates, read_condarc
from ethlogs.errors import PackError

HIDDEN = "hunter2"


def read(folder: Path, text: str, **environment: str) -> Condarc:
    (folder / "rc").write_text(text)
    return read_condarc({"CONDARC": str(folder / "rc"), "HOME": str(folder), **environment}, folder / "root")


def test_a_custom_channel_is_never_looked_for_on_the_public_server(tmp_path: Path) -> None:
    text = "channel_alias: https://alias.example\ncustom_channels: {ours: https://conda.example/repo/}\n"
    found = read(tmp_path, text)
    assert found.resolve("ours") == "https://conda.example/repo/ours"
    assert found.resolve("ours/label/dev") == "https://conda.example/repo/ours/label/dev"
    assert found.resolve("oursother") == "https://alias.example/oursother"
    assert found.resolve_spec("ours::krb5 1.*") == "https://conda.example/repo/ours::krb5 1.*"


def test_the_longest_name_of_a_custom_channel_counts(tmp_path: Path) -> None:
    text = "custom_channels: {a: https://one.example, a/b: https://two.example}\n"
    assert read(tmp_path, text).resolve("a/b/c") == "https://two.example/a/b/c"


def test_a_multichannel_is_each_of_its_channels(tmp_path: Path) -> None:
    text = "custom_multichannels: {all: [one, https://b.example/two]}\nchannel_alias: https://a.example\n"
    found = read(tmp_path, text)
    assert found.resolve_all(["all", "x"]) == [
        "https://a.example/one",
        "https://b.example/two",
        "https://a.example/x",
    ]
    with pytest.raises(PackError, match="names all, which are several channels"):
        found.resolve_spec("all::krb5")


def test_variables_are_put_in(tmp_path: Path) -> None:
    text = "channels: ['https://a.example/t/${TOKEN}/ours']\ncustom_channels: {x: $BASE/y}\n"
    found = read(tmp_path, text, TOKEN="secret", BASE="https://b.example")
    assert found.channels == ("https://a.example/t/secret/ours",)
    assert found.resolve("x") == "https://b.example/y/x"


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="uses the environment variable TOKEN, which is not set"):
        read(tmp_path, "channels: ['https://a.example/t/${TOKEN}/ours']\n")


def test_the_systems_and_the_users_files_add_up(tmp_path: Path) -> None:
    system = tmp_path / "root" / "etc" / "conda"
    (system / "condarc.d").mkdir(parents=True)
    (system / ".condarc").write_text("channel_alias: https://system.example\nchannels: [system]\n")
    (system / "condarc.d" / "a.yml").write_text("custom_channels: {ours: https://ours.example}\n")
    (tmp_path / ".condarc").write_text("channels: [mine]\n")
    found = read(tmp_path, "channel_alias: https://mine.example\n")
    assert found.channels == ("mine", "system")
    assert found.channel_alias == "https://mine.example"
    assert found.resolve("ours") == "https://ours.example/ours"


def test_condas_environment_variables_take_precedence(tmp_path: Path) -> None:
    found = read(tmp_path, "channel_alias: https://a.example\n", CONDA_CHANNEL_ALIAS="https://b.example")
    assert found.channel_alias == "https://b.example"


@pytest.mark.parametrize(
    "line",
    [
        "client_ssl_cert: /a.pem",
        "allowlist_channels: [ours]",
        "whitelist_channels: [ours]",
        "denylist_channels: [bad]",
        "channel_settings: [{channel: a, auth: b}]",
        "pinned_packages: [python=3.10]",
        "offline: true",
        "channel_priority: disabled",
    ],
)
def test_a_setting_that_cannot_be_honoured_is_refused_by_name(tmp_path: Path, line: str) -> None:
    name = line.partition(":")[0].replace("whitelist", "allowlist")
    with pytest.raises(PackError, match=name):
        read(tmp_path, line)


@pytest.mark.parametrize("line", ["auto_activate_base: false", "envs_dirs: [/a]", "channel_priority: strict"])
def test_a_setting_that_has_nothing_to_do_with_a_solve_is_not_looked_at(tmp_path: Path, line: str) -> None:
    assert read(tmp_path, line) == Condarc()


@pytest.mark.parametrize("value", ["false", "False", "no", "0", "'false'"])
def test_an_ssl_verify_that_turns_the_check_off_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(PackError, match="ssl_verify: false"):
        read(tmp_path, f"ssl_verify: {value}\n")


@pytest.mark.parametrize("value", ["true", "yes", "'true'", ""])
def test_an_ssl_verify_that_leaves_the_check_on_changes_nothing(tmp_path: Path, value: str) -> None:
    assert read(tmp_path, f"ssl_verify: {value}\n").environment({}) == {}


def test_a_folder_of_certificates(tmp_path: Path) -> None:
    found = read(tmp_path, f"ssl_verify: {tmp_path}\n")
    assert found.environment({}) == {"SSL_CERT_DIR": str(tmp_path)}


def test_the_systems_certificates(tmp_path: Path) -> None:
    found = read(tmp_path, "ssl_verify: truststore\n")
    assert all(Path(path).exists() for path in found.environment({}).values())


def test_certificates_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"is /nowhere\.pem, which does not exist"):
        check_certificates(read(tmp_path, "ssl_verify: /nowhere.pem\n"))


def test_a_broken_file_is_named_without_its_token(tmp_path: Path) -> None:
    with pytest.raises(PackError) as caught:
        read(tmp_path, f"channels: [https://a.example/t/{HIDDEN}/x\n")
    assert str(tmp_path / "rc") in str(caught.value)
    assert HIDDEN not in str(caught.value)

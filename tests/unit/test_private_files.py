"""Files with secrets that others can read are warned of, and folders that others could change refused."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ethlogs.environment.pack import PackSettings, pack_environment
from ethlogs.errors import SettingsError
from ethlogs.private_files import describe_readers, has_secret, make_trusted_folder


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_named_with_the_fix(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "client.properties"
    path.touch()
    path.chmod(mode)
    assert describe_readers("--command-config", path) == (
        f"others can read --command-config {path}, which has a secret; chmod 600 it"
    )


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_well(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "client.properties"
    path.touch()
    path.chmod(mode)
    assert describe_readers("--command-config", path) is None


def test_a_group_that_an_administrator_has_chosen_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "client.properties"
    path.touch()
    # No test may give its file to another user.
    monkeypatch.setattr("os.getuid", lambda: path.stat().st_uid + 1)
    path.chmod(0o640)
    assert describe_readers("--command-config", path) is None
    path.chmod(0o644)
    assert describe_readers("--command-config", path) is not None


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"ssl.key.password": "x"}, True),
        ({"kafka-config 0": "sasl.plain.password=x"}, True),
        ({"spark.hadoop.fs.s3a.access.key": "x"}, True),
        ({"sasl.jaas.config": 'x.ScramLoginModule required tokenauth="false";'}, False),
        ({"sasl.jaas.config": 'x.PlainLoginModule required username="a" password = "b";'}, True),
        ({"sasl.jaas.config": 'x.Krb5LoginModule required keyTab="/k";', "security.protocol": "SSL"}, False),
    ],
)
def test_secrets_are_known_by_their_names(settings: dict[str, str], expected: bool) -> None:
    assert has_secret(settings) is expected


def test_a_folder_that_runs_are_started_from_is_its_owners_alone_to_write_in(tmp_path: Path) -> None:
    made = tmp_path / "above" / "cache"
    make_trusted_folder(made)
    assert stat.S_IMODE(made.stat().st_mode) & 0o077 == 0
    made.chmod(0o777)
    make_trusted_folder(made)
    assert stat.S_IMODE(made.stat().st_mode) == 0o755


def test_a_folder_of_another_user_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = tmp_path.stat().st_uid
    # No test may give its folder to another user.
    monkeypatch.setattr("os.getuid", lambda: owner + 1)
    with pytest.raises(SettingsError, match="belongs to another user"):
        make_trusted_folder(tmp_path)


def test_archives_are_not_taken_from_a_cache_of_another_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr("os.getuid", lambda: owner + 1)
    with pytest.raises(SettingsError, match="belongs to another user"):
        pack_environment(PackSettings(), tmp_path, lambda _text: None)

"""Files with secrets that others can read are warned of."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.private_files import describe_readers, has_secret


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

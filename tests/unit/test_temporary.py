"""A killed process leaves no key and no ticket behind for long."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from ethlogs.cli.main import cli
from ethlogs.errors import SettingsError
from ethlogs.kafka.stores import StoreFolder, TrustStore
from ethlogs.temporary import make_temporary_folder, remove_abandoned

# As a command with certificates in its settings does; then it is killed.
KILLED = """
import time
from ethlogs.kafka.stores import StoreFolder, TrustStore
folder = StoreFolder()
print(folder.convert_trust(TrustStore(None, "PEM", None, "a certificate"))["ssl.cafile"], flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_where_no_folder_can_be_written_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine whose disk is full: Python tries several folders."""
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc", "/sys"])
    with pytest.raises(
        SettingsError, match=r"temporary files cannot be written: .*'/proc', '/sys'"
    ) as raised:
        make_temporary_folder("krb5")
    assert "set TMPDIR" in str(raised.value.hint)


def leave_one() -> Path:
    """Return the folder of a process that was killed."""
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        file = Path(process.stdout.readline().strip())
        assert remove_abandoned() == []
        assert file.parent.stat().st_mode & 0o777 == 0o700
        process.send_signal(signal.SIGKILL)
    assert file.is_file()
    return file.parent


def test_the_folder_of_a_killed_process_goes_with_the_next_look() -> None:
    left = leave_one()
    assert remove_abandoned() == [left]
    assert not left.exists()


def test_every_command_looks_for_such_folders() -> None:
    left = leave_one()
    result = CliRunner().invoke(cli, ["status", "--bootstrap-server", "nowhere"])
    assert result.exit_code
    assert not left.exists()


def test_the_folder_of_a_process_that_lives_stays() -> None:
    folder = StoreFolder()
    path = Path(folder.convert_trust(TrustStore(None, "PEM", None, "a certificate"))["ssl.cafile"])
    assert remove_abandoned() == []
    assert path.is_file()
    folder.close()
    assert not path.parent.exists()


def test_a_folder_that_a_living_process_was_given_stays() -> None:
    left = leave_one()
    code = "import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "KRB5CCNAME": f"FILE:{left}/tickets"},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # only a process that runs has its environment in /proc
        assert remove_abandoned() == []
    assert remove_abandoned() == [left]


def test_what_is_of_another_machine_or_not_a_folder_of_ours_stays(own_folder: Path) -> None:
    with make_temporary_folder("tls") as name:
        mine = Path(name).name
    # No process has a number as high as that.
    elsewhere = own_folder / re.sub(r"-[0-9a-f]{8}-\d+-", "-00000000-99999999-", mine)
    elsewhere.mkdir()
    gone = re.sub(r"(-[0-9a-f]{8})-\d+-", r"\1-99999999-", mine)
    link, target = own_folder / gone, own_folder / "target"
    target.mkdir()
    link.symlink_to(target)
    (own_folder / "ethlogs-check-mine").mkdir()
    assert remove_abandoned() == []
    assert {path.name for path in own_folder.iterdir()} == {
        *(elsewhere.name, link.name),
        *("target", "ethlogs-check-mine"),
    }

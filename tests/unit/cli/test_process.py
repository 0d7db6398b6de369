"""The command as a process of a shell: signals, a stdout that cannot be written, a user without a home."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.submission.folders import cache_folder, runs_folder
from tests.harness.running import ENOUGH_SECONDS, wait_until
from tests.unit.local_node import LocalNode, Reply, local_node, result

ETHLOGS = [sys.executable, "-m", "ethlogs"]


def start(*arguments: str, stdout: int) -> subprocess.Popen[str]:
    """With the default handling of signals: pytest may have been started in the background."""
    return subprocess.Popen(
        [*ETHLOGS, *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


@pytest.mark.parametrize(
    ("number", "status", "said"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_ends_any_command_with_one_line_and_its_status(
    number: signal.Signals, status: int, said: str
) -> None:
    """The node never answers; its first request says that the command is at work."""
    asked: list[LocalNode] = []

    def hang(_request: object) -> Reply:
        asked[0].released.wait()
        return Reply()

    with local_node(hang) as node:
        asked.append(node)
        process = start("logs", "latest", "--node-url", node.url, stdout=subprocess.PIPE)
        wait_until(lambda: node.requests, "the command is at work")
        process.send_signal(number)
        _, stderr = process.communicate(timeout=ENOUGH_SECONDS)
    assert (process.returncode, stderr.strip()) == (status, f"error: {said}")


def test_an_interrupt_while_the_command_loads_is_one_line_too() -> None:
    """The interrupt is made where the command is loaded: a signal from outside hits that moment by luck."""
    program = """
import sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "ethlogs.cli.main":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
from ethlogs.__main__ import main
main()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, "error: interrupted\n")


def test_a_full_disk_behind_stdout_is_a_setting_and_no_defect() -> None:
    with Path("/dev/full").open("w") as full:
        process = start("produce", "--help", stdout=full.fileno())
        _, stderr = process.communicate(timeout=ENOUGH_SECONDS)
    assert process.returncode == 3
    assert stderr.startswith("error: the operating system refused it: No space left on device\nwhat to do: ")
    assert "Traceback" not in stderr


@pytest.mark.parametrize("arguments", [["--help"], ["produce", "--help"]])
def test_a_reader_that_has_enough_is_told_as_a_shell_tells_it(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = start(*arguments, stdout=writer)
    os.close(writer)
    _, stderr = process.communicate(timeout=ENOUGH_SECONDS)
    assert (process.returncode, stderr) == (128 + signal.SIGPIPE, "")


def test_a_closed_stdout_leaves_the_exit_status() -> None:
    """As with ``>&-`` in a shell."""
    block = {"number": "0x1", "hash": f"0x{'11' * 32}", "transactions": [{"hash": "0x22"}]}

    def respond(request: dict[str, str]) -> Reply:
        return result("0x1" if request["method"] == "eth_chainId" else block)

    with local_node(respond) as node:
        finished = subprocess.run(
            ["sh", "-c", 'exec "$@" >&-', "sh", *ETHLOGS, "transactions", "1", "--node-url", node.url],
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=ENOUGH_SECONDS,
        )
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize("folder", [cache_folder, runs_folder])
def test_a_user_without_a_home_is_told_what_to_set(
    monkeypatch: pytest.MonkeyPatch, folder: Callable[[], Path]
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(SettingsError) as caught:
        folder()
    assert "XDG_" in str(caught.value.hint)


def test_a_terminal_that_lacks_a_character_shows_its_number() -> None:
    """Help has an ellipsis, which Latin-1 does not."""
    finished = subprocess.run(
        [*ETHLOGS, "produce", "--help"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        check=False,
        timeout=ENOUGH_SECONDS,
    )
    assert (finished.returncode, finished.stderr) == (0, b"")
    assert rb"HOST:PORT,\u2026" in finished.stdout

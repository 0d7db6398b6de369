"""Which processes are alive."""

from __future__ import annotations

import os
import subprocess
import sys

from ethlogs.processes import is_gone, started_at


def test_this_process_is_alive() -> None:
    assert not is_gone(os.getpid(), started_at(os.getpid()))


def test_a_process_that_has_ended_is_gone_before_anybody_asked_how() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as process:
        started = started_at(process.pid)
        assert process.stdout is not None
        process.stdout.read()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert started_at(process.pid) is None
        assert is_gone(process.pid, started or "1")


def test_another_process_with_the_same_number_is_another_one() -> None:
    assert is_gone(os.getpid(), "1")

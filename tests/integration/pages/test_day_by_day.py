"""The commands of README.md, docs/operations.md, backfill.md, verify.md and exit-statuses.md."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from scripts.page_commands import read_file, read_script
from tests.harness.commands import ETHLOGS
from tests.harness.pages import NEEDS_JQ, fill
from tests.harness.running import wait_until
from tests.harness.streams import (
    assert_exactly_once,
    assert_history_exactly_once,
)
from tests.integration.pages.user import TOPIC, USDC, User

pytestmark = pytest.mark.services

OF_CRON = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": "ethlogs"}
"""What cron gives to a command, beside HOME."""
ANY_LAG = "--max-lag 100000"
"""The chain here continues twice a second, however slow the machine is."""
OF_TESTS = ("PYTHONPATH", "SPARK_LOCAL_IP", "SPARK_SUBMIT_OPTS")
"""What a test of the source needs, and a user has installed."""


def test_the_readmes_three_commands_history_and_a_selection_are_then_verified(user: User) -> None:
    selected = user.of("-transfers")
    user.shell.run(
        read_script("README.md", "Three commands"),
        {
            **user.addresses,
            "5000": "3",
            "--max-lag 20": ANY_LAG,
            "usdc_transfers": selected.topic,
            USDC: user.find_token(),
        },
        ETHLOGS_BLOCKS="3",
    )
    assert_history_exactly_once(user.stream, user.node.url, 0, user.stream.heights()[-1])
    events = [row.json["decoded"]["event"] for rows in selected.event_logs().values() for row in rows]
    assert set(events) <= {"Transfer"}
    assert len(selected.heights()) == 3
    user.shell.run(read_script("docs/verify.md", "Proving what is on Kafka"), user.addresses)


def write_config(user: User) -> Path:
    """The folder of the user's ethlogs.toml."""
    folder = user.shell.folder / "etc"
    folder.mkdir()
    settings = {
        "node-url": [user.node.url], "bootstrap-server": user.stream.bootstrap, "topic": user.stream.topic,
        "create-topics": True,
    }  # fmt: skip
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in settings.items()]
    (folder / "ethlogs.toml").write_text("".join(lines))
    return folder


def test_a_stopped_command_ends_with_a_status_that_the_systemd_unit_takes_for_clean(user: User) -> None:
    unit = fill(
        read_file("docs/operations.md", "A run without an end, on one machine", "[Unit]"),
        {
            "/opt/ethlogs/bin/ethlogs": str(ETHLOGS),
            "/etc/ethlogs": str(write_config(user)),
            "User=ethlogs": "User=root",
        },
    )
    file = user.shell.folder / "ethlogs.service"
    file.write_text(unit)
    if analyze := shutil.which("systemd-analyze"):
        verified = subprocess.run([analyze, "verify", str(file)], capture_output=True, text=True, check=False)
        assert "ethlogs.service" not in verified.stderr, verified.stderr
    (command,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    (clean,) = re.findall(r"^SuccessExitStatus=(.*)$", unit, re.MULTILINE)
    with user.shell.start(command) as running, user.stream.watching() as tip:
        wait_until(lambda: tip() > 0, "a block is on Kafka")
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait() == int(clean) == 143, running.output
    first, *_, last = user.stream.heights()
    assert_exactly_once(user.stream, user.node.url, first, last, proof="block")


def run_from_cron(user: User, line: str) -> None:
    """Run the command of a line of a crontab as cron does: by /bin/sh, with next to nothing set."""
    match = re.fullmatch(r"((?:[\d*/,-]+ ){4}[\d*/,-]+) +(.*)\n", line)
    assert match is not None, line
    assert "%" not in match[2], "a line feed, to cron"
    shell = user.shell.environment
    needed = {name: shell[name] for name in OF_TESTS if name in shell}
    environment = {**OF_CRON, "HOME": str(user.shell.home), **needed}
    done = subprocess.run(
        ["/bin/sh", "-c", match[2]],
        env=environment,
        cwd=user.shell.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), "cron sends a mail"


@NEEDS_JQ
def test_what_cron_runs_produces_watches_and_verifies_and_says_nothing(user: User) -> None:
    here = {"/etc/ethlogs": str(write_config(user)), "/opt/ethlogs/bin/ethlogs": str(ETHLOGS)}
    run_from_cron(
        user, fill(read_file("docs/operations.md", "From cron", "produce -q"), {**here, "300 ": "5 "})
    )
    heights = user.stream.heights()
    assert len(heights) == 5
    run_from_cron(
        user,
        fill(read_file("docs/operations.md", "From cron", "--max-lag"), {**here, "--max-lag 50": ANY_LAG}),
    )
    script = read_script("docs/operations.md", "From cron", "verify -q")
    done = user.shell.run(script, {**here, "7200": "4"})
    assert done.stdout == ""


@pytest.mark.long
def test_a_stream_of_one_contract_and_one_of_a_range(user: User) -> None:
    one, ranged = user.of("-usdc"), user.of("_range")
    token = user.find_token()
    user.shell.run(
        read_script("docs/operations.md", "Only one contract"),
        {"usdc": one.topic, USDC: token},
        ETHLOGS_BLOCKS="2",
    )
    keys = {row.key for rows in one.event_logs().values() for row in rows}
    assert keys <= {token.lower().encode()}
    user.shell.run(
        read_script("docs/operations.md", "A range of the past"),
        {"20000000": "3", "20007199": "6", f"{TOPIC}_range": ranged.topic},
    )
    assert_exactly_once(ranged, user.node.url, 3, 6, proof="block")


def test_a_run_is_stopped_and_all_that_it_left_removed(user: User) -> None:
    script = read_script("docs/operations.md", "Uninstall", without=("pip uninstall",))
    with user.following():
        user.shell.run(script)
    assert not [path for path in user.shell.home.rglob("*") if "ethlogs" in path.name]


@pytest.mark.long
def test_the_script_of_the_exit_statuses(user: User) -> None:
    script = read_script("docs/exit-statuses.md", "Exit statuses")
    user.shell.run(script, {"5000": "3"}, ETHLOGS_CREATE_TOPICS="true")
    assert len(user.stream.heights()) == 3


@pytest.mark.long
@pytest.mark.parametrize("spark", ["", "local[8]"])
def test_history_is_filled_by_one_command(user: User, spark: str) -> None:
    user.have(6)
    plain = read_script("docs/backfill.md", "Filling history")
    named = read_script("docs/backfill.md", "Executors and nodes", without=("--master yarn",))
    if spark:
        user.shell.run(named, {"…": ""})
    else:
        user.shell.run(plain, user.addresses)
    assert_history_exactly_once(user.stream, user.node.url, 0, 6)

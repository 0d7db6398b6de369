"""An application on a real YARN whose command is left, and that is stopped, replaced or superseded."""

from __future__ import annotations

import json
import secrets
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from ethlogs_devnet import GethNode, HadoopCluster, KafkaBroker
from tests.harness.commands import APPLICATION, Command, id_of
from tests.harness.running import another_run, build_settings, parse_report, run, wait_until
from tests.harness.streams import Stream, assert_exactly_once
from tests.integration.yarn.cluster import PATIENTLY, START_SECONDS, Yarn

pytestmark = pytest.mark.services


def test_an_interrupted_command_leaves_its_application_that_is_then_watched_and_stopped(
    yarn: Yarn,
    start: Callable[..., Command],
    stream: Stream,
    live_geth: GethNode,
    kafka: KafkaBroker,
    tmp_path: Path,
) -> None:
    command = start("--start", "1")
    command.wait_for_tip(stream, 5)
    application = id_of(command)
    command.process.send_signal(signal.SIGINT)
    assert command.wait() == 130
    assert f"the application {application} is still running" in command.stderr
    assert f"ethlogs stop --application {application}" in command.stderr
    assert yarn.describe(application)["state"] == "RUNNING"

    second = start("--blocks", "1")
    assert second.wait() == 9
    assert (
        f"the application {application} of {yarn.cluster.user} is RUNNING with this stream" in second.stderr
    )

    stream_flags = ("--bootstrap-server", stream.bootstrap, "--topic", stream.topic)
    log = yarn.command("tail", *stream_flags).stdout
    assert "starting at block 1" in log
    assert log.endswith("\n"), "the newest line is whole, so --follow shows it too"
    assert "INFO SparkContext" not in log, "of Spark what is below WARN is left out"
    stopped = yarn.command("stop", *stream_flags, *PATIENTLY, "--json")
    told = json.loads(stopped.stdout)
    heights = stream.heights()
    assert told == {"application": application, "gently": True, "tip": heights[-1]}
    assert f"has ended after the current block; the tip is block {heights[-1]}" in stopped.stderr
    assert yarn.describe(application)["finalStatus"] == "SUCCEEDED"
    assert_exactly_once(stream, live_geth.url, 1, heights[-1])


@pytest.mark.long
def test_a_run_that_gets_no_container_is_withdrawn_or_stopped_and_the_queue_described(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, live_geth: GethNode
) -> None:
    start("--start", "1", "--driver-memory", "3g").wait_for_tip(stream, 1)
    other = Stream(stream.bootstrap, f"{stream.topic}-other-{secrets.token_hex(3)}")
    for how in ((), ("--detach",)):
        flags = ("--blocks", "1", "--driver-memory", "3g", "--submit-timeout", "5")
        waiting = start(*flags, *how, of=other)
        assert waiting.wait() == 8
        assert "got no container within --submit-timeout 5 seconds" in waiting.stderr
        assert "the queue streaming is" in waiting.stderr
        assert waiting.stdout == "", "a script that starts a detached run must not take it for one"
        application = id_of(waiting)
        assert yarn.describe(application)["finalStatus"] == "KILLED"
        assert application not in yarn.staged(), "its settings may have secrets"
    waiting = start("--blocks", "1", "--driver-memory", "3g", "--json", of=other)
    application = id_of(waiting)
    wait_until(lambda: f"{application} is ACCEPTED" in waiting.stderr, "it waits", START_SECONDS)
    yarn.command("stop", "--application", application)
    assert waiting.wait() == 143, waiting.stderr
    assert json.loads(waiting.stdout)["exitStatus"] == 143
    assert "stopped before its driver ran" in waiting.stderr
    assert application not in yarn.staged()


@pytest.mark.long
def test_a_detached_run_that_is_replaced_by_another(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, live_geth: GethNode
) -> None:
    detached = start("--start", "1", "--detach", "--timeout", "3600")
    assert detached.wait() == 0, detached.stderr
    first = detached.stdout.strip()
    assert APPLICATION.fullmatch(first)
    assert 3000 < yarn.lifetime_seconds(first) <= 3600 + 120, "nobody watches it: YARN ends it"
    with stream.watching() as look:
        wait_until(lambda: look() > 0, "the first run has committed a block", START_SECONDS)
    second = start("--blocks", "5", "--replace", "--json")
    assert second.wait() == 0, second.stderr
    assert f"stopping the application {first}, to be replaced" in second.stderr
    assert yarn.describe(first)["finalStatus"] == "SUCCEEDED"
    assert_exactly_once(stream, live_geth.url, 1, parse_report(second.stdout)["lastBlock"])


@pytest.mark.long
def test_a_superseded_run_that_yarn_starts_again_stays_out(
    yarn: Yarn, start: Callable[..., Command], stream: Stream, live_geth: GethNode
) -> None:
    command = start("--start", "1", "--max-app-attempts", "2")
    command.wait_for_tip(stream, 12)
    application = id_of(command)
    settings = build_settings(stream, live_geth.url, start=None, blocks=60)
    run(another_run(settings, take_over=True, blocks=60)).assert_done()
    taken = len(stream.claims())
    assert command.wait() == 9, command.stderr
    assert yarn.describe(application)["finalStatus"] == "FAILED"
    assert yarn.attempts(application) == 2, "YARN did start it again"
    assert len(stream.claims()) == taken
    heights = stream.heights()
    assert heights == list(range(1, heights[-1] + 1))
    assert_exactly_once(stream, live_geth.url, 1, heights[-1])


@pytest.mark.long
def test_a_cluster_that_goes_away_while_a_command_waits(
    packed: Path, stream: Stream, live_geth: GethNode, tmp_path: Path
) -> None:
    with HadoopCluster(tmp_path / "hadoop") as cluster:
        yarn = Yarn(cluster, packed, tmp_path)
        with Command(
            stream, live_geth.url, tmp_path / "command", "--start", "1", where=yarn.where
        ) as command:
            command.wait_for_tip(stream, 3)
            application = id_of(command)
            cluster.kill()
            assert command.wait() == 12
    assert f"the application {application} cannot be watched any more" in command.stderr
    assert f"it may still be running: ethlogs status --application {application}" in command.stderr

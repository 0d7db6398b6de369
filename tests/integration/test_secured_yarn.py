"""Keytab to Kafka on a cluster with Kerberos: for longer than tickets live, and for nobody else to see.

One long run follows while the other tests start theirs beside it.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyspark
import pytest

import ethlogs
from ethlogs_devnet import (
    SMALL_PLAN,
    GethNode,
    HadoopCluster,
    Kdc,
    LiveHead,
    LivyServer,
    Right,
    SecureKafka,
    Way,
)
from ethlogs_devnet.kerberos.users import USER, VISITOR
from tests.harness.commands import Command, id_of
from tests.harness.programs import stop_at
from tests.harness.running import wait_until
from tests.harness.streams import Stream, assert_exactly_once, assert_history_exactly_once
from tests.integration.secured import COMMAND_SECONDS, DAEMONS, Estate, Secrets, walk_files
from tests.integration.yarn.cluster import IS_THE_NODE

pytestmark = pytest.mark.services

TICKET_SECONDS, REAUTH_SECONDS = 20, 15
LONG_SECONDS, HOUR_SECONDS = 120, 3600
SOME_BLOCKS = 100
"""More than three stretches of history."""
SCRAM = Way("SASL_SSL", "SCRAM-SHA-512")
NODE_HEADER = f"X-Token: {secrets.token_hex(12)}"
GATEWAY = "gateway"
"""Who may act for the visitor."""
ACTS_FOR_VISITOR = {
    f"hadoop.proxyuser.{GATEWAY}.hosts": "*",
    f"hadoop.proxyuser.{GATEWAY}.users": VISITOR,
    "hadoop.user.group.static.mapping.overrides": ";".join(f"{n}={n}" for n in (USER, VISITOR, GATEWAY)),
}
SPARK_IS_HERE = ("--conf", f"spark.yarn.jars=local:{Path(pyspark.__file__).parent}/jars/*")
"""Spares each user the upload of Spark's jars: the node is this machine. The plain cluster has it tested."""


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory, packed: Path) -> Iterator[Estate]:
    """Tickets of 20 seconds, and a Kafka that asks each connection again after 15."""
    folder = tmp_path_factory.mktemp("estate")
    with Kdc(folder / "kdc", TICKET_SECONDS) as kdc:
        broker = SecureKafka(folder / "kafka", kdc, reauth_seconds=REAUTH_SECONDS)
        cluster = HadoopCluster(folder / "hadoop", {"core": ACTS_FOR_VISITOR}, kdc=kdc)
        with pytest.MonkeyPatch.context() as patch, broker, cluster:
            patch.setenv("KRB5_CONFIG", str(kdc.krb5_conf))
            for person in (VISITOR, GATEWAY):  # whose own tickets are worked with
                kdc.add_principal(person, HOUR_SECONDS)
            yield Estate(kdc, cluster, broker, packed, folder)


@pytest.fixture(scope="module")
def live_geth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GethNode]:
    """A node whose chain continues."""
    with GethNode(tmp_path_factory.mktemp("geth")) as node:
        for _ in range(10):
            node.commit_block(SMALL_PLAN)
        with LiveHead(node, 0.5, SMALL_PLAN):
            yield node


@pytest.fixture(scope="module")
def start(estate: Estate, live_geth: GethNode) -> Iterator[Callable[..., Command]]:
    """Starts commands, all of which end with the module."""
    begun: list[Command] = []

    def start_one(stream: Stream, where: dict[str, str], *flags: str, name: str = "produce") -> Command:
        folder = estate.folder / f"command-{len(begun)}"
        begun.append(
            Command(
                stream,
                live_geth.url,
                folder,
                *flags,
                *SPARK_IS_HERE,
                name=name,
                where=where,
                limit_seconds=COMMAND_SECONDS,
            )
        )
        return begun[-1]

    yield start_one
    for command in begun:
        with command:
            pass


class LongRun:
    """The run that all other tests have beside them."""

    def __init__(self, command: Command, stream: Stream, node: str) -> None:
        self.command, self.stream, self.node = command, stream, node
        self.command.wait_for_tip(stream, 10)
        self.began_at = time.monotonic()
        self.application = str(id_of(command))


@pytest.fixture(scope="module")
def long_run(estate: Estate, start: Callable[..., Command], live_geth: GethNode) -> LongRun:
    """Everything by Kerberos: HDFS, YARN, and Kafka with TLS."""
    stream = estate.new_stream()
    command = start(stream, estate.of(), "--start", "1", "--max-app-attempts", "2")
    return LongRun(command, stream, live_geth.url)


def end(estate: Estate, application: str, where: dict[str, str]) -> None:
    """End an application after the current block."""
    patiently = ("--stop-timeout", f"{COMMAND_SECONDS - 30:g}")
    stopped = estate.command(where, "stop", "--application", application, *patiently, "--json")
    assert stopped.returncode == 0, stopped.stderr
    assert json.loads(stopped.stdout)["gently"]


def drivers(application: str) -> list[int]:
    """The Python processes that work in an application's container."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and application in str((entry / "cwd").readlink()):
                found += [int(entry.name)] * (b"python" in (entry / "cmdline").read_bytes().split(b"\0")[0])
        except OSError:
            continue
    return found


# ---------------------------------------------------------------- a second user


def test_another_user_can_neither_read_nor_end_what_is_not_theirs(estate: Estate, long_run: LongRun) -> None:
    application = long_run.application
    theirs = [path for path, status in estate.walk(f"/user/{USER}") if status["type"] == "FILE"]
    assert any("/.sparkStaging/" in path for path in theirs)
    assert any("/.ethlogs/runs/" in path for path in theirs)
    for path in theirs:
        assert estate.hdfs(VISITOR, path, "GETFILESTATUS").status_code == 403, path
    own = estate.command(estate.of(), "tail", "--application", application)
    assert "starting at block 1" in own.stdout, own.stderr
    visitor = estate.of(VISITOR)
    for command in ("stop", "tail"):
        refused = estate.command(visitor, command, "--application", application)
        assert refused.returncode == 5, refused.stderr
        assert "Traceback" not in refused.stderr
    state = f"{estate.cluster.webapp}/ws/v1/cluster/apps/{application}/state"
    assert estate.ask(VISITOR, state, "PUT", json={"state": "KILLED"}).status_code == 403
    assert estate.application(application)["state"] == "RUNNING"


def test_a_folder_and_a_queue_that_are_not_this_users_are_named_with_what_grants_them(
    estate: Estate, long_run: LongRun
) -> None:
    where = {**estate.of(), "ETHLOGS_HDFS_DIR": f"/user/{VISITOR}", "ETHLOGS_QUEUE": "restricted"}
    examined = estate.command(where, "doctor", "--json", "--node-url", long_run.node)
    assert examined.returncode == 5
    found = {one["check"]: one for one in json.loads(examined.stdout)["findings"]}
    assert f'access=WRITE, inode="/user/{VISITOR}"' in found["hdfs"]["text"]
    assert f"hdfs dfs -setfacl -m user:{USER}:w /user/{VISITOR}" in found["hdfs"]["hint"]
    assert f"{USER} does not have permission to submit to the queue restricted" in found["queue"]["text"]
    assert "SUBMIT_APPLICATIONS" in found["queue"]["hint"]


# ---------------------------------------------------------------- secrets


def test_no_password_token_or_key_is_found_anywhere(
    estate: Estate, long_run: LongRun, start: Callable[..., Command]
) -> None:
    """While it runs: no command line, and no file that others can read. Afterwards: nowhere at all."""
    headers = estate.folder / "node-headers"
    headers.write_text(f"{NODE_HEADER}\n")
    headers.chmod(0o600)
    events = f"/user/{USER}/spark-events"
    estate.hdfs(USER, events, "MKDIRS", "PUT").raise_for_status()
    stream = estate.new_stream()
    where = {**estate.of(way=SCRAM), "ETHLOGS_NODE_HEADER_FILE": str(headers)}
    conf = {"enabled": "true", "dir": f"hdfs://{events}", "compress": "false"}
    flags = [word for name, value in conf.items() for word in ("--conf", f"spark.eventLog.{name}={value}")]
    secret = Secrets(estate.kdc.keytab(USER), estate.kafka.password(USER), NODE_HEADER.split()[1])
    assert secret.are_in(estate.kdc.keytab(USER).read_bytes())

    flags += ["--krb5-conf", str(estate.kdc.krb5_conf)]
    command = start(stream, where, "--start", "1", *flags)
    seen: list[str] = []
    with stream.watching() as look:

        def committed() -> bool:
            assert command.process.poll() is None, command.stderr
            seen.extend(secret.command_lines())
            return look() > 0

        wait_until(committed, "a block is on Kafka", COMMAND_SECONDS)
    local = estate.cluster.files.data / "nm-local"
    assert not seen
    held = secret.files_below(local)
    assert held, "the settings and the keytab are where the driver works"
    assert [path for path in held if others_can_read(path, local)] == []
    assert [path for path in held if path.name == "launch_container.sh"] == []
    application = id_of(command)
    ui = f"{estate.application(application)['trackingUrl']}api/v1/applications/{application}/environment"
    page = wait_until(lambda: found if (found := estate.ask(USER, ui)).ok else None, "Spark's UI is up")
    assert "spark.kerberos.principal" in page.text
    assert not secret.are_in(page.content)

    environments = [Path(f"/proc/{pid}/environ").read_bytes() for pid in drivers(application)]
    assert [b"KRB5_CONFIG=krb5.conf" in one for one in environments] == [True]
    assert not any(secret.are_in(one) for one in environments)

    end(estate, application, where)
    assert command.wait() == 143, command.stderr
    assert_exactly_once(stream, long_run.node, 1, stream.heights()[-1])
    assert not secret.are_in((command.stdout + command.stderr).encode())
    wait_until_put_away(estate, application)
    for kept in (command.folder, estate.folder / "cache", estate.kafka.files.data):
        assert secret.files_below(kept) == []
    assert not secret.are_in(estate.cluster.files.log.read_bytes())
    # YARN keeps what it has brought to a node for the next application of the user
    assert [path for path in secret.files_below(local) if others_can_read(path, local)] == []
    read = [path for path, status in estate.walk("/") if is_worth_reading(path, status, long_run.application)]
    assert {"spark-events", "runs", "app-logs"} <= {part for path in read for part in path.split("/")}
    assert [p for p in read if secret.are_in(estate.hdfs(DAEMONS, p, "OPEN").content)] == []


def wait_until_put_away(estate: Estate, application: str) -> None:
    """Wait until its files on HDFS are removed and its log is kept, which YARN does behind its end."""

    def is_put_away() -> bool:
        left = [path for path, _ in estate.walk(f"/user/{USER}/.sparkStaging") if application in path]
        return not left and estate.application(application)["logAggregationStatus"] == "SUCCEEDED"

    wait_until(is_put_away, "what Spark had staged is gone, and the log is on HDFS", COMMAND_SECONDS)


def others_can_read(path: Path, top: Path) -> bool:
    """Whether the modes of a file and of every folder above it let anybody in; nobody, where it is gone."""
    folders = [parent for parent in path.parents if parent.is_relative_to(top) and parent != top]
    try:
        return bool(path.stat().st_mode & 0o044) and all(one.stat().st_mode & 0o011 for one in folders)
    except FileNotFoundError:
        return False


def is_worth_reading(path: str, status: dict[str, Any], running: str) -> bool:
    """A file that no running application needs for its secrets, and no archive."""
    is_file = status["type"] == "FILE" and running not in path
    return is_file and "/spark/" not in path and "/archives/" not in path


# ---------------------------------------------------------------- whose ticket, whose keytab


def test_a_run_for_another_user_takes_that_users_own_keytab(
    estate: Estate, long_run: LongRun, start: Callable[..., Command]
) -> None:
    """--proxy-user with --keytab: Spark refuses the pair, so the keytab is a private file of the run."""
    stream = estate.new_stream()
    estate.kafka.allow(VISITOR, Right("TOPIC", stream.topic, prefixed=True))
    estate.kafka.allow(VISITOR, Right("TRANSACTIONAL_ID", f"ethlogs:{stream.topic}:", prefixed=True))
    estate.kdc.kinit(GATEWAY, estate.cache(GATEWAY))
    where = {**estate.of(VISITOR), "KRB5CCNAME": f"FILE:{estate.cache(GATEWAY)}"}
    flags = ["--proxy-user", VISITOR, "--queue", "default"]
    command = start(stream, where, *flags, "--start", "1", "--blocks", "5")
    assert command.wait() == 0, command.stderr
    described = estate.application(id_of(command))
    assert (described["user"], described["queue"]) == (VISITOR, "root.default")
    assert_exactly_once(stream, long_run.node, 1, 5)
    runs = [status for path, status in estate.walk(f"/user/{VISITOR}") if "/runs/" in path]
    assert {status["owner"] for status in runs} == {VISITOR}
    assert {status["permission"] for status in runs} == {"700", "600"}
    secret = Secrets(estate.kdc.keytab(VISITOR))
    assert secret.files_below(command.folder) == []
    local = estate.cluster.files.data / "nm-local"
    assert [path for path in secret.files_below(local) if others_can_read(path, local)] == []


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(Way(), id="keytab"),
        pytest.param(SCRAM, id="password", marks=pytest.mark.long),
        pytest.param(Way("SSL", None), id="private key", marks=pytest.mark.long),
    ],
)
def test_nothing_of_anybody_else_travels_with_a_run_for_another_user(
    estate: Estate, long_run: LongRun, way: Way
) -> None:
    estate.kdc.kinit(GATEWAY, estate.cache(GATEWAY))
    keytab = way == Way()
    where = {**estate.of(way=way, keytab=keytab), "KRB5CCNAME": f"FILE:{estate.cache(GATEWAY)}"}
    before = sorted(path for path, _ in estate.walk(f"/user/{VISITOR}"))
    runs = estate.folder / f"runs-of-nobody-{way.protocol}-{way.mechanism}"
    refused = estate.command(
        where,
        *("produce", "--blocks", "1", "--node-url", long_run.node, "--run-dir", str(runs)),
        *("--proxy-user", VISITOR, "--queue", "default", *SPARK_IS_HERE),
    )
    assert refused.returncode == 3, refused.stderr
    assert f"--proxy-user {VISITOR} would hand it to {VISITOR}" in refused.stderr
    assert not runs.exists()
    assert sorted(path for path, _ in estate.walk(f"/user/{VISITOR}")) == before


@pytest.mark.parametrize(
    "kind", [*(pytest.param(kind, marks=pytest.mark.long) for kind in ("FILE", "DIR")), "KEYRING"]
)
def test_the_users_own_ticket_of_any_kind_is_read_and_not_touched(
    estate: Estate, long_run: LongRun, kind: str
) -> None:
    """Java, in which Hadoop's client runs, reads FILE caches alone."""
    cache = estate.kinit_as(VISITOR, kind)
    before = estate.list_tickets(cache)
    where = {**estate.of(VISITOR, SCRAM, keytab=False), "KRB5CCNAME": cache, "ETHLOGS_QUEUE": "default"}
    found = estate.command(where, "doctor", "--node-url", long_run.node).stdout
    assert re.search(rf"^warning hadoop .* as {VISITOR}, by your own ticket, ", found, re.MULTILINE), found
    assert re.search(r"^ok +queue ", found, re.MULTILINE), found
    assert estate.list_tickets(cache) == before


@pytest.mark.long
def test_a_run_by_the_users_own_ticket_with_a_password_for_kafka(
    estate: Estate, long_run: LongRun, start: Callable[..., Command]
) -> None:
    stream = estate.new_stream()
    estate.kafka.allow(VISITOR, Right("TOPIC", stream.topic, prefixed=True))
    estate.kafka.allow(VISITOR, Right("TRANSACTIONAL_ID", f"ethlogs:{stream.topic}:", prefixed=True))
    cache = estate.kinit_as(VISITOR, "KEYRING")
    where = {**estate.of(VISITOR, SCRAM, keytab=False), "KRB5CCNAME": cache, "ETHLOGS_QUEUE": "default"}
    command = start(stream, where, "--start", "1", "--blocks", "5")
    assert command.wait() == 0, command.stderr
    assert_exactly_once(stream, long_run.node, 1, 5)


@pytest.mark.long
def test_a_run_through_livy_is_the_users_own_and_leaves_no_secret(
    estate: Estate, long_run: LongRun, start: Callable[..., Command], tmp_path: Path
) -> None:
    """Livy knows the user by SPNEGO and submits as the user; the keytab lies on HDFS while the run lasts."""
    stream, secret = estate.new_stream(), Secrets(estate.kdc.keytab(USER))
    with LivyServer(tmp_path, estate.cluster, kdc=estate.kdc) as livy:
        where = {**estate.of(), "ETHLOGS_LIVY_URL": livy.url}
        found = estate.command(where, "doctor", "--node-url", long_run.node).stdout
        assert re.search(r"^ok +livy .* authenticated by Kerberos ", found, re.MULTILINE), found
        refused = start(stream, where, "--start", "1", "--queue", "restricted")
        assert refused.wait() == 5, refused.stderr
        assert "SUBMIT_APPLICATIONS on the queue restricted" in refused.stderr

        command = start(stream, where, "--start", "1")
        command.wait_for_tip(stream, 1)
        below = f"/user/{USER}/.ethlogs/runs"
        lie = {path: status["permission"] for path, status in estate.walk(below) if "/files/" in path}
        assert {path.rpartition("/")[2] for path in lie} >= {"settings.json", "kafka.keytab"}
        assert set(lie.values()) == {"600"}
        assert secret.command_lines() == []
        end(estate, id_of(command), where)
        assert command.wait() == 143, command.stderr
        assert estate.application(id_of(command))["user"] == USER
        assert_exactly_once(stream, long_run.node, 1, stream.heights()[-1])
        assert [path for path, _ in estate.walk(below) if "/files" in path] == []
        assert secret.files_below(tmp_path) == []


@pytest.mark.long
@IS_THE_NODE
def test_a_program_with_a_keytab_starts_a_run_finds_it_again_and_stops_it(
    estate: Estate, long_run: LongRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = estate.new_stream()
    for name, value in estate.of(keytab=False).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    login = {"principal": estate.kdc.full_name(USER), "keytab": str(estate.kdc.keytab(USER))}
    settings: dict[str, Any] = {"node_url": long_run.node, "topic": stream.topic, "create_topics": True}
    settings |= {"proof": "receipts", "start": 1, "run_dir": str(tmp_path / "runs")}
    settings["conf"] = {SPARK_IS_HERE[1].partition("=")[0]: SPARK_IS_HERE[1].partition("=")[2]}
    run = ethlogs.submit("produce", **settings, **login)
    elsewhere = {**login, "run_dir": str(tmp_path / "other")}
    again = ethlogs.attach(run.id, **elsewhere)
    assert again.application == run.application
    listed = {one.application: one.state for one in ethlogs.runs(**elsewhere)}
    assert listed[run.application] in ("waiting", "starting", "running")
    assert listed[long_run.application] == "running"
    assert_exactly_once(stream, long_run.node, 1, stop_at(3, run, again, COMMAND_SECONDS))
    assert Secrets(estate.kdc.keytab(USER)).files_below(tmp_path) == []


def test_without_a_keytab_a_driver_has_no_ticket_for_kafka(estate: Estate, long_run: LongRun) -> None:
    where = {**estate.of(VISITOR, keytab=False), "KRB5CCNAME": estate.kinit_as(VISITOR, "FILE")}
    config = estate.folder / "no-keytab.properties"
    config.write_text("security.protocol=SASL_PLAINTEXT\nsasl.mechanism=GSSAPI\n")
    refused = estate.command(
        where, "produce", "--blocks", "1", "--node-url", long_run.node, "--command-config", str(config)
    )
    assert refused.returncode == 5, refused.stderr
    assert "your own is not shipped to a driver on YARN" in refused.stderr


def test_a_keytab_on_hdfs_and_the_doctor_in_a_container(estate: Estate, long_run: LongRun) -> None:
    """It is fetched with the ticket of whoever may read it, here the visitor's."""
    url = f"/user/{VISITOR}/of-{USER}.keytab"
    content = estate.kdc.keytab(USER).read_bytes()
    estate.hdfs(VISITOR, url, "CREATE&permission=644", "PUT", data=content).raise_for_status()
    where = {**estate.of(), "ETHLOGS_KEYTAB": f"hdfs://{url}", "ETHLOGS_TOPIC": long_run.stream.topic}
    where["KRB5CCNAME"] = estate.kinit_as(VISITOR, "FILE")
    warned = estate.command(where, "status", "--node-url", long_run.node)
    assert warned.returncode == 0, warned.stderr
    assert f"others may read --keytab hdfs://{url} (mode 644)" in warned.stderr
    estate.hdfs(VISITOR, url, "SETPERMISSION&permission=600", "PUT").raise_for_status()
    flags = ("--in-cluster", "--json", "--node-url", long_run.node, *SPARK_IS_HERE)
    finished = estate.command(where, "doctor", *flags)
    assert finished.returncode == 0, finished.stderr
    found = {(one["check"], one["where"]): one for one in json.loads(finished.stdout)["findings"]}
    unlike_ok = {name for (name, _), one in found.items() if one["state"] != "ok"}
    expected = {"topic", "ledger", "memory", "hosts"}
    assert unlike_ok == expected, "the devnet is small and on this machine: doctor warns of that alone"
    assert "spark.driver.memoryOverhead is 384m" in found["memory", "here"]["text"]
    for name, place in itertools.product(("topic", "ledger"), ("here", "container")):
        assert found[name, place]["text"].count("; the topic ") == 1, found[name, place]
        assert "has replication factor 1" in found[name, place]["text"]
    for name in ("settings", "java", "spark", "ticket", "hadoop", "hdfs", "yarn", "queue", "archive"):
        assert (name, "here") in found
    for name in ("node", "head", "proof", "history", "kafka", "topic", "ledger", "tip", "transactions"):
        assert (name, "container") in found
    assert found["hadoop", "here"]["text"].endswith(f"as {USER}")
    assert "others may read" not in finished.stderr


# ---------------------------------------------------------------- executors


@pytest.mark.parametrize("more", [2, pytest.param(8 * TICKET_SECONDS, marks=pytest.mark.long)])
def test_history_is_filled_by_executors_that_have_tickets_and_no_secret_passes_through_spark(
    estate: Estate, start: Callable[..., Command], live_geth: GethNode, more: int
) -> None:
    """Two blocks come each second: the longer range outlives the workers' first tickets."""
    events = f"/user/{USER}/backfill-events"
    estate.hdfs(USER, events, "MKDIRS", "PUT").raise_for_status()
    secret = Secrets(estate.kdc.keytab(USER))
    stream, last = estate.new_stream(), live_geth.height() + more
    first = last - more - SOME_BLOCKS
    conf = {"enabled": "true", "dir": f"hdfs://{events}", "compress": "false"}
    flags = [word for name, value in conf.items() for word in ("--conf", f"spark.eventLog.{name}={value}")]
    flags += ["--from", str(first), "--to", str(last), "--confirmations", "1", "--num-executors", "1"]
    command = start(stream, estate.of(), *flags, "--max-app-attempts", "1", name="backfill")
    application = id_of(command)
    local = estate.cluster.files.data / "nm-local"

    def find_executors_keytab() -> list[Path]:
        assert command.process.poll() is None, command.stderr
        containers = local / "usercache" / USER / "appcache" / application
        found = containers.glob("container_*/kafka.keytab")
        return [path for path in found if not path.parent.name.endswith("_000001")]

    (keytab,) = wait_until(find_executors_keytab, "the executor has its keytab", COMMAND_SECONDS)
    assert keytab.stat().st_mode & 0o077 == 0
    assert command.wait() == 0, command.stderr
    assert_history_exactly_once(stream, live_geth.url, first, last)
    assert secret.files_below(command.folder) == []
    assert [path for path in secret.files_below(local) if others_can_read(path, local)] == []
    written = [path for path, status in estate.walk(events) if status["type"] == "FILE"]
    assert written
    content = b"".join(estate.hdfs(DAEMONS, path, "OPEN").content for path in written)
    assert re.search(rb"slot \d+: blocks \d+ to \d+", content), "the jobs are described by their heights"
    assert not secret.are_in(content)


# ---------------------------------------------------------------- the long run


def test_a_run_outlives_its_tickets_its_sessions_and_an_attempt(
    estate: Estate, long_run: LongRun, start: Callable[..., Command]
) -> None:
    """Six lives of a ticket and eight sessions with Kafka; the second attempt has its own ticket."""
    command, application = long_run.command, long_run.application
    local = estate.cluster.files.data / "nm-local"
    caches = [path for path in walk_files(local) if path.match("ethlogs-krb5-*/tickets")]
    (cache,) = [path for path in caches if application in str(path)]
    assert cache.stat().st_mode & 0o777 == 0o600
    (driver,) = drivers(application)
    os.kill(driver, signal.SIGKILL)
    ticket = f"Kerberos ticket for {estate.kdc.full_name(USER)}"
    wait_until(lambda: command.stderr.count(ticket) == 2, "attempt 2 has its ticket", COMMAND_SECONDS)
    wait_until(lambda: not cache.exists(), "the killed attempt's ticket is gone", COMMAND_SECONDS)
    tip = long_run.stream.heights()[-1]
    command.wait_for_tip(long_run.stream, tip + 1)
    began_again_at = time.monotonic()
    until = max(began_again_at + 2 * TICKET_SECONDS, long_run.began_at + LONG_SECONDS)
    while time.monotonic() < until:
        assert command.process.poll() is None, command.stderr
        time.sleep(0.5)
    end(estate, application, estate.of())
    assert command.wait() == 143, command.stderr
    assert_exactly_once(long_run.stream, long_run.node, 1, long_run.stream.heights()[-1])
    assert estate.application(application)["finalStatus"] == "SUCCEEDED"

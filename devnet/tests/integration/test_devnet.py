"""The devnet itself: it starts what it says, keeps what it should, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from ethlogs_devnet import (
    DEFAULT_PLAN,
    EMPTY_PLAN,
    SMALL_PLAN,
    BlockPlan,
    DevnetError,
    Finality,
    GethNode,
    KafkaBroker,
    Kind,
    LiveHead,
    logs_in,
    plan_of_large_log,
    plan_of_logs,
)
from ethlogs_devnet.geth.rpc import JsonRpc
from ethlogs_devnet.kafka.jars import KAFKA_JARS

from .processes import ENOUGH_SECONDS, processes_of, wait_until

pytestmark = pytest.mark.services

BLOCKS = 10
COMMAND = [sys.executable, "-m", "ethlogs_devnet"]
QUICK = ["--blocks", str(BLOCKS), "--block-seconds", "0"]


# ---------------------------------------------------------------- helpers


def devnet(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=ENOUGH_SECONDS, **options
    )


def start_run(tmp_path: Path, script: str, prepare: str = ":") -> subprocess.Popen[str]:
    """Start ``run -- bash -c SCRIPT`` in its own process group and wait until the script runs.

    ``prepare`` is what the script has done by then.
    """
    ready = tmp_path / "environment"
    command = ["bash", "-c", f"{prepare}; env > {ready}.part; mv {ready}.part {ready}; {script}"]
    process = subprocess.Popen(
        [*COMMAND, "run", "--state", str(tmp_path / "state"), *QUICK, "--", *command],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(ready.exists)
    return process


def ports_of(tmp_path: Path) -> list[int]:
    """The ports that the command of ``start_run`` was told."""
    lines = (tmp_path / "environment").read_text().splitlines()
    addresses = [line for line in lines if line.startswith(("ETHLOGS_NODE_URL", "ETHLOGS_BOOTSTRAP"))]
    return [int(address.rpartition(":")[2]) for address in addresses]


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def nothing_is_left(tmp_path: Path) -> bool:
    return not processes_of(tmp_path) and not any(map(is_open, ports_of(tmp_path)))


# ---------------------------------------------------------------- run


def test_run_gives_the_command_its_services_and_reorgs_and_ends_with_its_status(tmp_path: Path) -> None:
    ask = f"{sys.executable} -m ethlogs_devnet reorg --depth 2"
    process = start_run(tmp_path, f"{ask} && {ask} && exit 7")
    output, _ = process.communicate(timeout=ENOUGH_SECONDS)

    assert process.returncode == 7
    assert len(set(output.splitlines())) == 6, "nothing but two branches of three blocks"
    environment = (tmp_path / "environment").read_text()
    assert "ETHLOGS_CREATE_TOPICS=true" in environment
    assert "ETHLOGS_MASTER=local[*]" in environment
    assert nothing_is_left(tmp_path)
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["lock"]


def test_run_ends_with_127_where_the_command_does_not_exist() -> None:
    result = devnet("run", *QUICK, "--", "no-such-command")

    assert result.returncode == 127
    assert "no-such-command: command not found" in result.stderr


def test_run_waits_for_a_command_that_cleans_up_after_ctrl_c(tmp_path: Path) -> None:
    ask = '[ -n "$(exec 3<>/dev/tcp/${ETHLOGS_BOOTSTRAP_SERVER/:/\\/} && echo open)" ] && echo still up'
    trap = f"trap 'sleep 0.5; {ask}; exit 5' INT"
    process = start_run(tmp_path, "while :; do sleep 0.1; done", prepare=trap)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=ENOUGH_SECONDS)

    assert (process.returncode, output) == (5, "still up\n")
    assert nothing_is_left(tmp_path)


def test_run_passes_sigterm_on_to_the_command(tmp_path: Path) -> None:
    process = start_run(tmp_path, "exec sleep 100")
    process.terminate()
    process.communicate(timeout=ENOUGH_SECONDS)

    assert process.returncode == 128 + signal.SIGTERM
    assert nothing_is_left(tmp_path)


def test_run_leaves_nothing_when_it_is_killed(tmp_path: Path) -> None:
    process = start_run(tmp_path, "exec sleep 100")
    process.kill()
    process.communicate(timeout=ENOUGH_SECONDS)

    wait_until(lambda: nothing_is_left(tmp_path))


# ---------------------------------------------------------------- up, status, down


def test_up_is_up_once_refuses_to_become_more_and_is_up_until_down(tmp_path: Path) -> None:
    state = ["--state", str(tmp_path / "state")]
    assert "geth ready" in devnet("download", "--blocks", str(BLOCKS)).stderr
    first = devnet("up", *state, "--blocks", str(BLOCKS), "--block-seconds", "0.2")
    assert "geth up" in first.stderr
    assert "ready" not in first.stderr, "download alone says it, which make runs before"
    second = devnet("up", *state)
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout == second.stdout
    assert first.stdout.startswith("export ETHLOGS_NODE_URL=http://127.0.0.1:")
    assert "already up" in second.stderr
    assert devnet("up", *state, "--blocks", str(BLOCKS)).returncode == 0
    more = devnet("up", *state, "--yarn", "--blocks", "20")
    assert (more.returncode, more.stdout) == (1, "")
    assert f"a devnet without --blocks 20, --yarn is up in {tmp_path / 'state'}" in more.stderr

    wait_until(lambda: head_in(devnet("status", *state, "--json")) > BLOCKS)
    status = devnet("status", *state)
    assert status.returncode == 0
    assert [line.split()[:2] for line in status.stdout.splitlines()] == [["geth", "up"], ["kafka", "up"]]

    assert devnet("down", *state).returncode == 0
    assert not processes_of(tmp_path)
    assert devnet("status", *state).returncode == 1
    assert "not up" in devnet("down", *state).stderr


def test_the_chain_that_is_up_is_reorganized_down_to_its_final_block(tmp_path: Path) -> None:
    state = ["--state", str(tmp_path / "state")]
    up = devnet("up", *state, "--blocks", "20", "--block-seconds", "0.5")
    assert up.returncode == 0
    url = next(line.split("=")[1] for line in up.stdout.splitlines() if "NODE_URL" in line)
    node = JsonRpc(url)
    try:
        reorg = devnet("reorg", *state, "--depth", "3")
        assert reorg.returncode == 0, reorg.stderr
        branch = [node.call("eth_getBlockByHash", line, False) for line in reorg.stdout.splitlines()]
        assert len(branch) == 4
        for block in branch:
            assert node.call("eth_getBlockByNumber", block["number"], False)["hash"] == block["hash"]
        head = int(branch[-1]["number"], 16)
        wait_until(lambda: int(node.call("eth_blockNumber"), 16) > head + 1)
        deep = devnet("reorg", *state, "--depth", "18")
        assert (deep.returncode, deep.stdout) == (1, "")
        assert "is final (the deepest possible now is --depth 16)" in deep.stderr
    finally:
        devnet("down", *state)
    assert "no devnet is up in" in devnet("reorg", *state).stderr


def head_in(status: subprocess.CompletedProcess[str]) -> int:
    geth, _kafka = json.loads(status.stdout)["services"]
    return int(geth["head"])


def test_up_cleans_what_a_crash_left_and_dies_with_its_supervisor(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    leave_stale_state(folder)
    assert devnet("status", "--state", str(folder)).returncode == 1

    up = devnet("up", "--state", str(folder), *QUICK)
    assert up.returncode == 0
    assert "cleaned" in up.stderr
    supervisor = json.loads((folder / "state.json").read_text())["supervisor"]["pid"]
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: not processes_of(tmp_path))


def leave_stale_state(folder: Path) -> None:
    """What a crash leaves: a state whose process id now belongs to another process, and broken data."""
    (folder / "geth" / "data").mkdir(parents=True)
    stranger = {"pid": os.getpid(), "start_ticks": 1, "boot_id": "of another boot"}
    services = {"geth": {"process": stranger, "ports": [1]}}
    environment = {"ETHLOGS_NODE_URL": "http://127.0.0.1:1"}
    state = {"supervisor": stranger, "services": services, "environment": environment, "format": 1}
    (folder / "state.json").write_text(json.dumps(state))


# ---------------------------------------------------------------- geth


@pytest.fixture(scope="module")
def geth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GethNode]:
    with GethNode(tmp_path_factory.mktemp("geth"), BLOCKS, ipc=True, many_reorgs=True) as node:
        yield node
    assert not processes_of(node.state_dir), "the second geth has ended too"


def receipts_of(geth: GethNode, block_hash: str) -> list[dict[str, Any]]:
    receipts: list[dict[str, Any]] = geth.rpc("eth_getBlockReceipts", block_hash)
    return receipts


@pytest.mark.parametrize(
    "plan",
    [
        DEFAULT_PLAN,
        SMALL_PLAN,
        EMPTY_PLAN,
        plan_of_logs(6_001),
        plan_of_logs(20_000, Kind.ANONYMOUS),
        plan_of_large_log(3_000_000),
    ],
    ids=["default", "small", "empty", "many logs", "anonymous logs", "large log"],
)
def test_a_block_holds_what_its_plan_says(geth: GethNode, plan: BlockPlan) -> None:
    receipts = receipts_of(geth, geth.commit_block(plan))

    assert len(receipts) == len(plan)
    assert sum(len(receipt["logs"]) for receipt in receipts) == logs_in(plan)
    assert [int(receipt["type"], 16) for receipt in receipts] == [step.type for step in plan]
    failed = [step.kind is Kind.REVERT for step in plan]
    assert [receipt["status"] == "0x0" for receipt in receipts] == failed


def test_the_default_block_is_like_one_of_mainnet(geth: GethNode) -> None:
    receipts = receipts_of(geth, geth.block_hash(BLOCKS))

    assert (len(receipts), sum(len(receipt["logs"]) for receipt in receipts)) == (180, 370)
    assert {receipt["type"] for receipt in receipts} == {"0x0", "0x1", "0x2", "0x4"}
    assert any(receipt["contractAddress"] for receipt in receipts)


def test_a_killed_node_comes_back_with_its_head(geth: GethNode) -> None:
    for _ in range(3):
        head = geth.commit_block(SMALL_PLAN)
        geth.kill()
        geth.restart()
        assert geth.block_hash(geth.height()) == head
    geth.commit_block(SMALL_PLAN)


def test_the_chain_grows_while_it_is_copied_for_a_reorg(tmp_path: Path) -> None:
    with GethNode(tmp_path, BLOCKS, many_reorgs=True) as node:
        # As for a chain that is long: what is copied then is not copied while the chain stands still.
        node.copy_ahead(2)
        copied = node.height() - 2
        node.commit_block(SMALL_PLAN)
        assert node._helper is not None
        assert node._helper.height() == copied
        head = node.height()
        branch = node.reorg(1, plan=SMALL_PLAN)
        assert node.block_hash(head) == branch[0]


def test_a_reorg_replaces_blocks_in_one_step_and_keeps_the_old_ones_by_hash(geth: GethNode) -> None:
    orphaned = [geth.commit_block(SMALL_PLAN) for _ in range(2)]
    height = geth.height()
    branch = geth.reorg(2, salt=3, plan=SMALL_PLAN)

    assert [geth.block_hash(height - 1 + i) for i in range(3)] == branch
    assert geth.height() == height + 1
    assert geth.rpc("eth_getBlockByHash", orphaned[0], False)["hash"] == orphaned[0]
    geth.commit_block(SMALL_PLAN)
    (helper,) = processes_of(geth.state_dir / "side")
    geth.reorg(1, salt=4, plan=SMALL_PLAN)
    assert processes_of(geth.state_dir / "side") == [helper], "the second geth is there for many reorgs"


def test_a_rewound_chain_goes_on_and_blocks_can_be_finalized(geth: GethNode) -> None:
    geth.rewind(geth.height() - 2)
    geth.commit_block(SMALL_PLAN)
    geth.set_finalized(5)

    assert geth.rpc("eth_getBlockByNumber", "finalized", False)["number"] == "0x5"


def test_the_live_head_continues_after_the_node_was_away(geth: GethNode) -> None:
    with LiveHead(geth, 0.1, SMALL_PLAN) as live:
        wait_until(lambda: live.committed > 0)
        geth.kill()
        wait_until(lambda: live.last_error is not None)
        geth.restart()
        committed = live.committed
        wait_until(lambda: live.committed > committed)


def test_safe_and_finalized_follow_the_live_head(tmp_path: Path) -> None:
    def tagged(tag: str) -> int:
        return int(node.rpc("eth_getBlockByNumber", tag, False)["number"], 16)

    with GethNode(tmp_path, BLOCKS) as node, LiveHead(node, 0.1, SMALL_PLAN, Finality(2, 5)) as live:
        assert [tagged("finalized"), tagged("safe")] == [BLOCKS - 5, BLOCKS - 2]
        while live.committed < 10:  # a block and what is final with it appear as one
            with node.standing_still():
                assert [tagged("finalized"), tagged("safe")] == [node.height() - 5, node.height() - 2]


def test_the_unix_socket_is_there(geth: GethNode) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(geth.ipc_url.removeprefix("ipc://"))


# ---------------------------------------------------------------- Kafka


def test_a_killed_broker_keeps_its_address_and_topics(tmp_path: Path) -> None:
    with KafkaBroker(tmp_path, {"num.partitions": "3"}) as broker:
        address = broker.bootstrap
        admin = KafkaAdminClient(bootstrap_servers=address)
        admin.create_topics({"kept": {"num_partitions": 1, "replication_factor": 1}})
        admin.close()
        broker.kill()
        broker.restart()
        assert broker.bootstrap == address
        producer = KafkaProducer(bootstrap_servers=address)
        assert producer.partitions_for("kept") == {0}
        producer.close()
    assert not is_open(broker.ports[0])


def test_a_jar_with_other_content_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kafka_2.13-4.3.1.jar").write_bytes(b"something else")
    with pytest.raises(DevnetError, match=r"kafka_2\.13-4\.3\.1\.jar"):
        KAFKA_JARS.check(tmp_path)

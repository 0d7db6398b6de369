"""The services of a test session: real ones, started once, and others that a test may break."""

from __future__ import annotations

import gc
import os
import secrets
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from ethlogs.kafka.stores import StoreFolder
from ethlogs_devnet import (
    EMPTY_PLAN,
    SMALL_PLAN,
    ChainSpec,
    GethNode,
    KafkaBroker,
    plan_of_large_log,
    plan_of_logs,
)
from ethlogs_devnet.quick_spark import find_quick_spark
from tests.harness.streams import Stream
from tests.integration.packing import Packing, pack_once

AUTHORIZER = {
    # Everyone may do everything to what has no ACL: a test that refuses a right puts one on its topic.
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
    # A test that needs a compacted ledger does not wait 15 seconds for the log cleaner to look again.
    "log.cleaner.backoff.ms": "1000",
}
ODD_BLOCKS = {"small": 1, "empty": 2, "many": 3, "large": 4, "after": 5}
"""The heights of :func:`odd_geth`."""
CLUSTER = "cluster"
"""The group of the tests that share one YARN, or start one: two clusters at once are enough for two cores."""
SECURED_CLUSTER = "test_secured_yarn"
FIRST = (
    CLUSTER,
    SECURED_CLUSTER,
    "test_devnet",
    "test_secured_kafka",
    "test_faults",
    "test_verify",
    "test_node_trouble",
    "test_killed",
    "test_one_writer",
    "test_pack",
    "test_consumers",
    "test_produce_command",
    "test_kerberos",
    "test_pack_trouble",
    "test_example_notebook",
    "test_first_hour",
    "test_day_by_day",
    "test_something_differs",
    "test_programs",
    "test_backfill_executors",
    "test_backfill_command",
    "test_tables",
    "test_monitoring",
    "test_range",
    "test_reorgs",
    "test_refusals",
)
"""The groups that take a minute or more each."""
WITHOUT_ARCHIVE = "test_hadoop"
"""What the one process can do on clusters while another packs the archive that both need."""
MANY_LOGS = 20_000
LARGE_BYTES = 3_000_000


def pytest_configure(config: pytest.Config) -> None:
    """Let the programs that are started here be interrupted, also where pytest runs in the background:
    a signal that is ignored stays ignored in every child.

    kafka-python leaves a socket to the collector where close() cancels a refresh of its metadata. One whose
    broker was killed has no remote address any more.
    """
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket.socket .*raddr=:ResourceWarning")
    reset = "ignore:unclosed <socket.socket .*laddr=.'127.0.0.1', [0-9]+.>:ResourceWarning"
    config.addinivalue_line("filterwarnings", reset)
    # an HTTP answer that is left half read keeps its closed socket until it is collected
    config.addinivalue_line("filterwarnings", r"ignore:unclosed <socket.socket \[closed\] :ResourceWarning")
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionfinish() -> None:
    """Collect such sockets while they are known to be no failure: later pytest raises what it collects."""
    gc.collect()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first: of several processes none is left alone with it at the end."""
    rank = {name: place for place, name in enumerate(FIRST)}
    items.sort(
        key=lambda item: (rank.get(_group_of(item.nodeid), len(rank)), item.path.stem != WITHOUT_ARCHIVE)
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Give each group of tests to one process as a whole.

    xdist's own groups rename a test, which pytest 9.2 does not let it do any more.
    """
    return GroupScheduling(config, log)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Hands out the groups of :func:`_group_of`, in the order of their first tests."""

    def _split_scope(self, nodeid: str) -> str:
        return _group_of(nodeid)


def _group_of(nodeid: str) -> str:
    path = Path(nodeid.split("::")[0])
    return CLUSTER if path.parent.name == "yarn" or path.stem == "test_hadoop" else path.stem


@pytest.fixture(scope="session", autouse=True)
def _quick_spark() -> Iterator[None]:
    """Let the JVMs of drivers on this machine map their classes instead of loading them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_SUBMIT_OPTS", find_quick_spark())
        yield


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A broker that no test stops."""
    with KafkaBroker(tmp_path_factory.mktemp("kafka"), AUTHORIZER) as broker:
        yield broker


@pytest.fixture(scope="session")
def geth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GethNode]:
    """A node with 30 mainnet-like blocks, which no test changes."""
    with GethNode(tmp_path_factory.mktemp("geth"), 30) as node:
        yield node


@pytest.fixture(scope="session")
def odd_geth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GethNode]:
    """A node of another chain with unusual blocks (see ODD_BLOCKS) and a socket; no test changes it."""
    with GethNode(
        tmp_path_factory.mktemp("odd"), ipc=True, spec=ChainSpec(chain_id=7, gas_limit=80_000_000)
    ) as node:
        for plan in (
            SMALL_PLAN,
            EMPTY_PLAN,
            plan_of_logs(MANY_LOGS),
            plan_of_large_log(LARGE_BYTES),
            SMALL_PLAN,
        ):
            node.commit_block(plan)
        yield node


@pytest.fixture(scope="session")
def _changing_geth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GethNode]:
    """What the tests of a process have in turn: each start of geth costs four seconds of CPU."""
    with GethNode(tmp_path_factory.mktemp("changing"), ipc=True, many_reorgs=True) as node:
        yield node


@pytest.fixture
def new_geth(_changing_geth: GethNode) -> Iterator[GethNode]:
    """A node with the genesis block alone that is the test's own: to kill, to rewind, to make blocks on.

    Nothing is final on it. It runs again before the next test, which finds the genesis block alone, too.
    """
    node = _changing_geth
    if node.height():
        node.rewind(0)
    yield node
    node.thaw()
    if node.pid is None:
        node.start()


@pytest.fixture
def own_geth(new_geth: GethNode) -> GethNode:
    """The test's own node with ten small blocks."""
    for _ in range(10):
        new_geth.commit_block(SMALL_PLAN)
    return new_geth


@pytest.fixture(scope="session")
def _breakable_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    with KafkaBroker(tmp_path_factory.mktemp("breakable")) as broker:
        yield broker


@pytest.fixture
def breakable_kafka(_breakable_kafka: KafkaBroker) -> Iterator[KafkaBroker]:
    """A broker to kill or to freeze; it runs again before the next test."""
    yield _breakable_kafka
    if _breakable_kafka.pid is None:
        _breakable_kafka.start()
    _breakable_kafka.thaw()


@pytest.fixture
def new_stream(request: pytest.FixtureRequest) -> Callable[[KafkaBroker], Stream]:
    """Makes streams that no other test uses."""
    name = request.node.name.split("[")[0].removeprefix("test_")[:60]
    return lambda broker: Stream(broker.bootstrap, f"{name}-{secrets.token_hex(3)}")


@pytest.fixture
def stream(kafka: KafkaBroker, new_stream: Callable[[KafkaBroker], Stream]) -> Stream:
    """A stream of the test's own on the broker that nobody breaks; its topics do not exist yet."""
    return new_stream(kafka)


@pytest.fixture
def stores() -> Iterator[StoreFolder]:
    """Where the stores that a client.properties names are converted to."""
    folder = StoreFolder()
    yield folder
    folder.close()


@pytest.fixture(scope="session")
def packing(tmp_path_factory: pytest.TempPathFactory) -> Packing:
    """The driver's environment, packed by two commands at once from this machine's own Python."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return pack_once(shared / "packed")


@pytest.fixture(scope="session")
def packed(packing: Packing) -> Path:
    """The archive of the driver's environment."""
    return packing.archive

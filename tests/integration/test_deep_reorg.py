"""The deepest reorg of the window, read back cold from a broker that is far away and speaks TLS."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ethlogs.kafka.client_config import TRANSACTION_TIMEOUT_MS, ProducerLimits
from ethlogs.kafka.writer import Transaction, TransactionalWriter
from ethlogs.settings import KafkaSettings
from ethlogs.stream import claim
from ethlogs_devnet import SMALL_PLAN, GethNode, KafkaBroker
from ethlogs_devnet.ports import find_free_ports
from tests.harness.running import another_run, build_settings, run
from tests.harness.slow_proxy import SlowProxy
from tests.harness.streams import Stream, assert_folds
from tests.unit.certificates import make_certificate

pytestmark = [pytest.mark.services, pytest.mark.long]

DEPTH = 128
PARTITIONS = 24
ANSWER_SECONDS = 0.04
PLAN = SMALL_PLAN * 3


@pytest.fixture
def far_kafka(tmp_path: Path) -> Iterator[tuple[KafkaBroker, KafkaSettings]]:
    """A broker, and the settings of a client whose way to it is TLS through the slow proxy."""
    both, ca_file = make_certificate(tmp_path)
    (port,) = find_free_ports(1)
    with SlowProxy(ANSWER_SECONDS) as proxy:
        proxy.upstream_port = port
        broker = KafkaBroker(tmp_path / "kafka")
        plain, controller = (f"127.0.0.1:{number}" for number in broker.ports)
        broker.extra_properties = {
            "listeners": f"PLAINTEXT://{plain},SSL://127.0.0.1:{port},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{plain},SSL://localhost:{proxy.port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SSL:SSL,CONTROLLER:PLAINTEXT",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(both),
        }
        client = (("security.protocol", "SSL"), ("ssl.cafile", str(ca_file)))
        with broker:
            yield broker, KafkaSettings(f"localhost:{proxy.port}", client, 120.0)


@pytest.fixture
def open_seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each transaction was open."""
    found: list[float] = []
    original = TransactionalWriter.transaction

    @contextlib.contextmanager
    def measured(writer: TransactionalWriter) -> Iterator[Transaction]:
        began = time.monotonic()
        with original(writer) as transaction:
            yield transaction
        found.append(time.monotonic() - began)

    monkeypatch.setattr(TransactionalWriter, "transaction", measured)
    return found


def test_the_deepest_reorg_is_retracted_in_one_transaction_well_within_its_timeout(
    far_kafka: tuple[KafkaBroker, KafkaSettings],
    tmp_path: Path,
    new_stream: Callable[[KafkaBroker], Stream],
    open_seconds: list[float],
    record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The broker would abort a transaction that is open for half of what the follower asks for."""
    limits = ProducerLimits(TRANSACTION_TIMEOUT_MS // 2, 20_000, 15_000)
    monkeypatch.setattr(claim, "FOLLOWER_LIMITS", limits)
    broker, far = far_kafka
    stream = new_stream(broker)
    with GethNode(tmp_path / "geth") as geth:
        for _ in range(DEPTH + 2):
            geth.commit_block(PLAN)
        settings = build_settings(stream, geth.url, start="1", to=DEPTH + 2, partitions=PARTITIONS)
        run(settings).assert_done()
        geth.reorg(DEPTH, plan=PLAN)
        open_seconds.clear()
        outcome = run(replace(another_run(settings, blocks=1), kafka=far)).assert_done()
        assert_folds(stream, geth.url, 1, DEPTH + 3)
    report = outcome.report
    assert (report["deepestReorg"], report["reorgs"]) == (DEPTH, 1)
    assert report["readBackLogs"] == report["retractedLogs"] > 0, "nothing of it was remembered"
    record_property("event logs", report["retractedLogs"])
    record_property("seconds open", max(open_seconds))

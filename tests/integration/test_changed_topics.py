"""A stream's topics that are recreated or repartitioned under a run."""

from __future__ import annotations

import pytest

from ethlogs.errors import LedgerError, SettingsError
from ethlogs.stream import topic_watch
from ethlogs_devnet import SMALL_PLAN, GethNode
from tests.harness.running import RunInThread, another_run, build_settings, run, wait_until
from tests.harness.streams import Stream, admin_client, create_stream, create_topic, create_when_gone

pytestmark = pytest.mark.services


def recreate(stream: Stream, topic: str, partitions: int, **config: str) -> None:
    with admin_client(stream.bootstrap) as client:
        client.delete_topics([topic])
    create_when_gone(lambda: create_topic(stream.bootstrap, topic, partitions, **config))


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the topics often enough for a test."""
    monkeypatch.setattr(topic_watch, "LOOK_SECONDS", 0.2)


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not look at the topics: what the brokers acknowledge has to show it."""
    monkeypatch.setattr(topic_watch, "LOOK_SECONDS", 1000.0)


@pytest.mark.parametrize("looking", ["often", "never"])
@pytest.mark.parametrize("kind", ["event logs", "ledger"])
def test_a_topic_recreated_while_a_run_follows_ends_it_and_gets_nothing(
    stream: Stream, own_geth: GethNode, request: pytest.FixtureRequest, kind: str, looking: str
) -> None:
    request.getfixturevalue(looking)
    create_stream(stream, partitions=1)
    with RunInThread(build_settings(stream, own_geth.url, start="2", partitions=1)) as running:
        wait_until(lambda: running.tip == 10, "the run follows")
        if kind == "event logs":
            recreate(stream, stream.topic, 1)
        else:
            recreate(stream, stream.ledger, 2, cleanup_policy="compact")
        own_geth.commit_block(SMALL_PLAN)
        outcome = running.wait()
    assert isinstance(outcome.error, SettingsError), outcome.told
    assert "deleted and created again" in str(outcome.error)
    assert outcome.report["exitStatus"] == 3
    assert not any(stream.event_logs().values()) or not stream.heights()


def test_a_topic_repartitioned_while_a_run_follows_ends_it(
    stream: Stream, own_geth: GethNode, often: None
) -> None:
    with RunInThread(build_settings(stream, own_geth.url, start="2", partitions=3)) as running:
        wait_until(lambda: running.tip == 10, "the run follows")
        with admin_client(stream.bootstrap) as client:
            client.create_partitions({stream.topic: 4})
        own_geth.commit_block(SMALL_PLAN)
        wait_until(lambda: own_geth.commit_block(SMALL_PLAN) and not running.is_running, "the run has ended")
        outcome = running.wait()
    outcome.assert_failed(SettingsError, "has 4 partitions, it had 3", hint="another --topic")


def test_a_recreated_ledger_is_no_new_stream_whatever_start_says(stream: Stream, own_geth: GethNode) -> None:
    settings = build_settings(stream, own_geth.url, start="2", blocks=2)
    run(settings).assert_done()
    recreate(stream, stream.ledger, 33, cleanup_policy="compact")
    outcome = run(another_run(settings, start="2", blocks=2))
    outcome.assert_failed(LedgerError, "has records, but its ledger is empty", hint="another --topic")
    assert not stream.claims()

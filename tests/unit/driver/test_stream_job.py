"""What every job that writes a stream reports."""

from __future__ import annotations

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.driver.stream_job import StreamJob
from ethlogs.errors import UnprovenError
from ethlogs.run.context import RunContext
from ethlogs.run.journal import Journal
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings
from tests.unit.samples import BLOCK

RUN = RunSettings("a-run", "produce", NodeSettings(("http://geth",)), KafkaSettings("kafka:9092"))


@pytest.fixture
def context() -> RunContext:
    return RunContext(RUN, 2, StopSwitch(), Journal("a-run", 2, lambda _snapshot: None))


def test_a_job_that_is_done_has_status_0_and_the_names_of_its_stream(context: RunContext) -> None:
    report = StreamJob(context).report(None)
    assert (report["exitStatus"], report["error"], report["hint"]) == (0, None, None)
    assert (report["run"], report["attempt"]) == ("a-run", 2)
    assert (report["topic"], report["ledgerTopic"]) == ("eth_eventlogs", "eth_eventlogs.ledger")
    assert report["tip"] is None


def test_an_error_is_in_the_report_with_what_to_do(context: RunContext) -> None:
    report = StreamJob(context).report(UnprovenError("block 7 is wrong", hint="use another node"))
    assert (report["exitStatus"], report["error"], report["hint"]) == (
        6,
        "block 7 is wrong",
        "use another node",
    )


def test_an_attempt_that_committed_nothing_reports_the_tip_that_it_found(context: RunContext) -> None:
    context.journal.tip = BLOCK
    assert StreamJob(context).report(None)["tip"] == {"number": 100, "hash": "0xb1"}

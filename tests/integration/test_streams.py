"""The assertion that the other tests lean on can fail."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ethlogs_devnet import GethNode, KafkaBroker
from tests.harness.running import build_settings, run
from tests.harness.streams import Row, Stream, assert_exactly_once, create_stream, plant, read_topic

pytestmark = pytest.mark.services

Tamper = Callable[[list[tuple[int, Row]]], list[tuple[int, Row]]]


@pytest.fixture(scope="module")
def good(kafka: KafkaBroker, geth: GethNode) -> Stream:
    """A stream of two blocks."""
    stream = Stream(kafka.bootstrap, "good-stream")
    run(build_settings(stream, geth.url, start="1", blocks=2)).assert_done()
    return stream


def copy(good: Stream, to: Stream, of_logs: Tamper, of_ledger: Tamper) -> Stream:
    """Copy a stream's records into another, changed on the way."""
    create_stream(to)
    for source, target, tamper in ((good.topic, to.topic, of_logs), (good.ledger, to.ledger, of_ledger)):
        rows = [(p, row) for p, found in read_topic(good.bootstrap, source).items() for row in found]
        plant(to.bootstrap, target, *((p, row.key, row.value) for p, row in tamper(rows)))
    return to


def same(rows: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
    return rows


def shift_offsets(row: tuple[int, Row]) -> tuple[int, Row]:
    record = row[1].json
    record["offsets"] = {
        partition: [first, last - 1] for partition, (first, last) in record["offsets"].items()
    }
    return row[0], row[1]._replace(value=json.dumps(record).encode())


def test_a_real_stream_and_its_faithful_copy_satisfy_it(good: Stream, geth: GethNode, stream: Stream) -> None:
    assert_exactly_once(good, geth.url, 1, 2)
    assert_exactly_once(copy(good, stream, same, same), geth.url, 1, 2)


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(lambda rows: rows[:-1], id="a missing log"),
        pytest.param(lambda rows: [*rows, rows[-1]], id="a doubled log"),
        pytest.param(lambda rows: [rows[1], rows[0], *rows[2:]], id="two logs swapped"),
        pytest.param(lambda rows: [((rows[0][0] + 1) % 3, rows[0][1]), *rows[1:]], id="a log elsewhere"),
        pytest.param(
            lambda rows: [(rows[0][0], rows[0][1]._replace(value=rows[0][1].value + b" ")), *rows[1:]],
            id="a byte more",
        ),
    ],
)
def test_a_wrong_event_log_topic_does_not(
    good: Stream, geth: GethNode, stream: Stream, tamper: Tamper
) -> None:
    copied = copy(good, stream, tamper, same)
    with pytest.raises(AssertionError):
        assert_exactly_once(copied, geth.url, 1, 2)


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(lambda rows: rows[:-1], id="a missing block"),
        pytest.param(lambda rows: [*rows, rows[-1]], id="a doubled block"),
        pytest.param(
            lambda rows: [*rows[:-1], shift_offsets(rows[-1])], id="an offset that is not the topic's"
        ),
    ],
)
def test_a_wrong_ledger_does_not(good: Stream, geth: GethNode, stream: Stream, tamper: Tamper) -> None:
    copied = copy(good, stream, same, tamper)
    with pytest.raises(AssertionError):
        assert_exactly_once(copied, geth.url, 1, 2)


def test_a_range_that_is_longer_or_shorter_does_not(good: Stream, geth: GethNode) -> None:
    for first, last in ((1, 3), (1, 1), (2, 2), (0, 2)):
        with pytest.raises(AssertionError):
            assert_exactly_once(good, geth.url, first, last)

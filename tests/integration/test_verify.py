"""``ethlogs verify``: proves what is right, and finds each fault that is planted in a copy of a stream."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from kafka import TopicPartition

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import SettingsError, TopicError
from ethlogs.kafka.writer import partition_of
from ethlogs.settings import KafkaSettings, NodeSettings, StreamSettings
from ethlogs.verify import Difference, Kind, Verification, VerifySettings, verify_stream
from ethlogs_devnet import SMALL_PLAN, GethNode, KafkaBroker
from tests.harness.commands import ETHLOGS
from tests.harness.running import ENOUGH_SECONDS, another_run, build_settings, run
from tests.harness.streams import Stream, admin_client, plant, read_ends, read_topic

PARTITIONS = 3
FIRST, LAST = 2, 7
Planted = tuple[int, bytes | None, bytes | None]


class Found:
    """What a verification found."""

    def __init__(self, summary: Verification, differences: list[Difference], notices: list[str]) -> None:
        self.summary = summary
        self.differences = differences
        self.notices = notices

    @property
    def kinds(self) -> dict[Kind, int]:
        """How many differences of each kind."""
        return dict(Counter(difference.kind for difference in self.differences))

    @property
    def only(self) -> Difference:
        """The one difference."""
        assert len(self.differences) == 1, self.differences
        return self.differences[0]


def verify(stream: Stream, node_url: str | None, first: int | None = None, last: int | None = None) -> Found:
    """Verify in this process; without a URL offline."""
    node = NodeSettings((node_url,), 30.0, 30.0) if node_url else None
    kafka = KafkaSettings(stream.bootstrap, (), 30.0)
    settings = VerifySettings(kafka, StreamSettings(stream.topic), node, first, last)
    differences: list[Difference] = []
    notices: list[str] = []
    summary = verify_stream(
        settings, StopSwitch(ENOUGH_SECONDS), differences.append, notices.append, lambda progress: None
    )
    return Found(summary, differences, notices)


# ---------------------------------------------------------------- streams with a fault


class Copy:
    """A stream whose first block a real run produced, and whose others are copied, to be tampered with.

    The copy is what a broken program or operator would leave, which no run of ours does.
    """

    def __init__(self, source: Stream, target: Stream) -> None:
        self.target = target
        rows = [(p, row) for p, found in source.event_logs().items() for row in found]
        self.logs: dict[int, list[Planted]] = {h: [] for h in range(FIRST + 1, LAST + 1)}
        """Each block's records of the event-log topic."""
        for partition, row in rows:
            if row.json["blockNumber"] > FIRST:
                self.logs[row.json["blockNumber"]].append((partition, row.key, row.value))
        self.blocks = {row.json["blockNumber"]: row.json for row in source.blocks()[1:]}
        """Each block's record of the ledger; its offsets are filled in by :meth:`place`."""

    def place(self) -> None:
        """Give the ledger's records the offsets that the event logs will have."""
        ends = read_ends(self.target.bootstrap, self.target.topic, "read_uncommitted")
        for height, planted in self.logs.items():
            spans: dict[str, list[int]] = {}
            for partition, _, _ in planted:
                span = spans.setdefault(str(partition), [ends[partition], ends[partition]])
                span[1] = ends[partition]
                ends[partition] += 1
            if height in self.blocks:
                self.blocks[height]["offsets"] = spans

    def write(self) -> Stream:
        """Put it on Kafka."""
        target = self.target
        plant(target.bootstrap, target.topic, *(record for logs in self.logs.values() for record in logs))
        ledger = [(0, str(height).encode(), orjson.dumps(block)) for height, block in self.blocks.items()]
        plant(target.bootstrap, target.ledger, *ledger)
        return target


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GethNode]:
    with GethNode(tmp_path_factory.mktemp("verified")) as node:
        for _ in range(LAST + 1):
            node.commit_block(SMALL_PLAN)
        yield node


@pytest.fixture(scope="module")
def source(chain: GethNode, kafka: KafkaBroker) -> Stream:
    """What a run produced."""
    stream = Stream(kafka.bootstrap, "verified")
    run(build_settings(stream, chain.url, start=str(FIRST), blocks=LAST - FIRST + 1)).assert_done()
    stream.wait_until_stable()
    return stream


@pytest.fixture
def copy(source: Stream, stream: Stream, chain: GethNode) -> Copy:
    run(build_settings(stream, chain.url, start=str(FIRST), blocks=1)).assert_done()
    stream.wait_until_stable()
    return Copy(source, stream)


def alter(value: bytes | None, **fields: Any) -> bytes:
    return orjson.dumps(orjson.loads(value or b"") | fields)


# ---------------------------------------------------------------- what is right


def test_what_a_run_produced_is_proven(source: Stream, chain: GethNode) -> None:
    found = verify(source, chain.url)
    assert found.kinds == {}
    assert found.summary.exit_status == 0
    assert (found.summary.first_block, found.summary.last_block) == (FIRST, LAST)
    assert found.summary.blocks == LAST - FIRST + 1
    assert found.summary.logs == sum(len(rows) for rows in source.event_logs().values())
    assert found.summary.to_dict()["verdict"] == "proven"


def test_offline_the_topic_is_compared_with_its_ledger(source: Stream) -> None:
    found = verify(source, None)
    assert found.kinds == {}
    assert found.summary.to_dict()["verdict"] == "consistent"


def test_an_untampered_copy_is_proven(copy: Copy, chain: GethNode) -> None:
    copy.place()
    assert verify(copy.write(), chain.url).kinds == {}


@pytest.mark.parametrize(("first", "last"), [(4, 5), (None, 3), (6, None), (LAST, LAST)])
def test_a_range_is_proven_alone(
    source: Stream, chain: GethNode, first: int | None, last: int | None
) -> None:
    found = verify(source, chain.url, first, last)
    assert found.kinds == {}
    assert found.summary.blocks == (last or LAST) - (first or FIRST) + 1


def test_a_reorg_of_the_first_block_after_a_gap_is_proven(stream: Stream, own_geth: GethNode) -> None:
    settings = build_settings(stream, own_geth.url, start="2", blocks=2)
    run(settings).assert_done()
    run(another_run(settings, start="10", blocks=1, allow_gap=True)).assert_done()
    own_geth.reorg(1, plan=SMALL_PLAN)
    run(another_run(settings, blocks=1)).assert_done()
    found = verify(stream, own_geth.url)
    assert found.kinds == {}
    assert found.summary.gaps == [(4, 9)]
    assert stream.blocks()[-1].json["ranges"] == [[2, 3], [10, 11]]


def test_several_runs_and_a_gap_that_was_allowed_are_proven(stream: Stream, chain: GethNode) -> None:
    settings = build_settings(stream, chain.url, start="1", blocks=2)
    run(settings).assert_done()
    run(another_run(settings, start="5", blocks=2, allow_gap=True)).assert_done()
    found = verify(stream, chain.url)
    assert found.kinds == {}
    assert found.summary.gaps == [(3, 4)]


# ---------------------------------------------------------------- planted faults


def test_a_log_that_is_gone_is_found(copy: Copy, chain: GethNode) -> None:
    _, _, value = copy.logs[4].pop(1)
    log = json.loads(value or b"")
    copy.place()
    for node_url in (chain.url, None):
        difference = verify(copy.write() if node_url else copy.target, node_url).only
        assert (difference.kind, difference.block, difference.log_index) == (
            Kind.MISSING_LOG,
            4,
            log["logIndex"],
        )
        assert difference.topic == copy.target.topic


def test_a_doubled_log_is_found(copy: Copy, chain: GethNode) -> None:
    copy.logs[4].insert(1, copy.logs[4][0])
    copy.place()
    difference = verify(copy.write(), chain.url).only
    assert (difference.kind, difference.block) == (Kind.DOUBLED_LOG, 4)
    assert verify(copy.target, None).only == difference
    partition = copy.logs[4][0][0]
    row = read_topic(copy.target.bootstrap, copy.target.topic)[partition]
    assert row[-1].offset >= (difference.offset or 0) > 0 and difference.partition == partition


def test_a_log_doubled_in_another_blocks_place_is_found(copy: Copy, chain: GethNode) -> None:
    copy.logs[6].append(copy.logs[4][0])
    copy.place()
    assert verify(copy.write(), chain.url).only.kind == Kind.DOUBLED_LOG


def test_a_changed_byte_is_found_and_only_the_chain_knows(copy: Copy, chain: GethNode) -> None:
    partition, key, value = copy.logs[5][0]
    data = json.loads(value or b"")["data"]
    changed = data[:-1] + ("0" if data[-1] != "0" else "1")
    copy.logs[5][0] = partition, key, alter(value, data=changed)
    copy.place()
    difference = verify(copy.write(), chain.url).only
    assert (difference.kind, difference.block) == (Kind.CHANGED_LOG, 5)
    assert difference.fields == {"data": (data, changed)}
    assert verify(copy.target, None).kinds == {}


def test_a_log_spelled_otherwise_is_found(copy: Copy, chain: GethNode) -> None:
    partition, key, value = copy.logs[5][0]
    copy.logs[5][0] = partition, key, json.dumps(json.loads(value or b"")).encode()
    copy.place()
    for found in (verify(copy.write(), chain.url), verify(copy.target, None)):
        assert found.only.kind == Kind.CHANGED_LOG
        assert list(found.only.fields) == ["value"]


def test_a_log_on_another_key_is_found(copy: Copy, chain: GethNode) -> None:
    _, key, value = copy.logs[5][0]
    wrong = next(k for n in range(99) if partition_of(k := f"0x{n:040x}".encode(), 3) != copy.logs[5][0][0])
    copy.logs[5][0] = partition_of(wrong, PARTITIONS), wrong, value
    copy.place()
    for found in (verify(copy.write(), chain.url), verify(copy.target, None)):
        changed = next(d for d in found.differences if d.kind == Kind.CHANGED_LOG)
        assert changed.fields["key"] == (key, wrong)


def test_a_log_in_another_partition_is_found(copy: Copy, chain: GethNode) -> None:
    partition, key, value = copy.logs[5][0]
    copy.logs[5][0] = (partition + 1) % PARTITIONS, key, value
    copy.place()
    for found in (verify(copy.write(), chain.url), verify(copy.target, None)):
        assert Kind.MISPLACED_LOG in found.kinds


def test_logs_out_of_order_are_found(copy: Copy, chain: GethNode) -> None:
    keys = Counter(key for _, key, _ in copy.logs[5])
    often = keys.most_common(1)[0][0]
    one, other = [i for i, (_, key, _) in enumerate(copy.logs[5]) if key == often][:2]
    copy.logs[5][one], copy.logs[5][other] = copy.logs[5][other], copy.logs[5][one]
    copy.place()
    for found in (verify(copy.write(), chain.url), verify(copy.target, None)):
        assert set(found.kinds) == {Kind.LOG_ORDER}


def test_a_log_of_an_orphaned_branch_is_found(copy: Copy, chain: GethNode) -> None:
    partition, key, value = copy.logs[4][0]
    orphan = "0x" + "ab" * 32
    copy.logs[5].insert(0, (partition, key, alter(value, blockHash=orphan)))
    copy.place()
    for found in (verify(copy.write(), chain.url), verify(copy.target, None)):
        assert found.only.kind == Kind.ORPHANED_LOG
        assert (found.only.block, found.only.block_hash) == (4, orphan)


def test_a_retraction_of_what_is_not_there_is_found(copy: Copy, chain: GethNode) -> None:
    partition, key, value = copy.logs[4][0]
    retraction = alter(value, blockHash="0x" + "ab" * 32, removed=True)
    copy.logs[5].insert(0, (partition, key, retraction))
    copy.place()
    assert verify(copy.write(), chain.url).only.kind == Kind.RETRACTION


def test_offsets_that_end_a_block_too_early_leave_its_last_log_outside(copy: Copy, chain: GethNode) -> None:
    copy.place()
    partition = next(iter(copy.blocks[5]["offsets"]))
    copy.blocks[5]["offsets"][partition][1] -= 1
    for found in (verify(copy.write(), chain.url), verify(copy.target, None)):
        assert found.kinds == {Kind.MISSING_LOG: 1, Kind.DOUBLED_LOG: 1}


def test_an_orphaned_log_with_its_retraction_is_no_difference(copy: Copy, chain: GethNode) -> None:
    partition, key, value = copy.logs[4][0]
    orphan = {"blockHash": "0x" + "ab" * 32, "blockNumber": 5}
    copy.logs[5].insert(0, (partition, key, alter(value, **orphan, removed=True)))
    copy.logs[5].insert(0, (partition, key, alter(value, **orphan)))
    copy.place()
    assert verify(copy.write(), chain.url).kinds == {}


def test_a_missing_block_is_found(copy: Copy, chain: GethNode) -> None:
    for height in (4, 5):
        del copy.logs[height], copy.blocks[height]
    copy.place()
    for found in (verify(copy.write(), chain.url), verify(copy.target, None)):
        assert (found.only.kind, found.only.block, found.only.last_block) == (Kind.MISSING_BLOCK, 4, 5)


def test_a_block_whose_ledger_record_is_gone_is_found(copy: Copy, chain: GethNode) -> None:
    del copy.blocks[4]
    copy.place()
    kinds = verify(copy.write(), chain.url).kinds
    assert kinds[Kind.MISSING_BLOCK] == 1
    assert set(kinds) == {Kind.MISSING_BLOCK, Kind.DOUBLED_LOG}


def test_heights_that_were_asked_for_and_are_not_there_are_missing(source: Stream, chain: GethNode) -> None:
    found = verify(source, chain.url, FIRST - 1, LAST + 3)
    assert [(d.block, d.last_block) for d in found.differences] == [
        (FIRST - 1, FIRST - 1),
        (LAST + 1, LAST + 3),
    ]


def lie_about_hash(block: dict[str, Any]) -> None:
    block["blockHash"] = "0x" + "cd" * 32


def lie_about_transactions(block: dict[str, Any]) -> None:
    block["transactions"] += 1


def lie_about_offsets(block: dict[str, Any]) -> None:
    block["offsets"] |= {"2": [0, 100_000]}


def lie_about_first_offset(block: dict[str, Any]) -> None:
    next(iter(block["offsets"].values()))[0] += 1


def lie_about_an_earlier_offset(block: dict[str, Any]) -> None:
    next(iter(block["offsets"].values()))[0] -= 1


def lie_about_ranges(block: dict[str, Any]) -> None:
    block["ranges"] = [[block["blockNumber"], block["blockNumber"]]]


def lie_about_produced(block: dict[str, Any]) -> None:
    block["produced"] += 1


def lie_about_logs(block: dict[str, Any]) -> None:
    block["logs"] -= 1


def lie_about_counts(block: dict[str, Any]) -> None:
    block["streamLogs"] += 1


@pytest.mark.parametrize(
    ("lie", "kind", "offline"),
    [
        (lie_about_hash, Kind.LEDGER_BLOCK, True),
        (lie_about_transactions, Kind.LEDGER_BLOCK, False),
        (lie_about_offsets, Kind.LEDGER_OFFSET, True),
        (lie_about_first_offset, Kind.LEDGER_OFFSET, True),
        (lie_about_an_earlier_offset, Kind.LEDGER_OFFSET, True),
        (lie_about_ranges, Kind.LEDGER_COUNT, True),
        (lie_about_produced, Kind.LEDGER_BLOCK, True),
        (lie_about_logs, Kind.LEDGER_BLOCK, True),
        (lie_about_counts, Kind.LEDGER_COUNT, True),
    ],
)
def test_a_ledger_record_that_lies_is_found(
    copy: Copy, chain: GethNode, lie: Callable[[dict[str, Any]], None], kind: Kind, offline: bool
) -> None:
    copy.place()
    lie(copy.blocks[5])
    found = verify(copy.write(), chain.url)
    assert kind in found.kinds
    assert any(d.topic == copy.target.ledger and d.block == 5 for d in found.differences)
    assert bool(verify(copy.target, None).differences) == offline


@pytest.mark.parametrize("value", [b"{}", b"not json", None, b'{"hello":"world"}'])
def test_a_record_by_another_program_is_found(copy: Copy, chain: GethNode, value: bytes | None) -> None:
    copy.logs[5].insert(1, (1, b"key", value))
    copy.place()
    for found in (verify(copy.write(), chain.url), verify(copy.target, None)):
        assert found.only.kind == Kind.FOREIGN
        assert found.only.partition == 1


def test_a_record_behind_the_tip_is_found(copy: Copy, chain: GethNode) -> None:
    copy.place()
    stream = copy.write()
    plant(stream.bootstrap, stream.topic, (2, b"key", b"what?"))
    assert verify(stream, chain.url).only.kind == Kind.FOREIGN


def test_a_foreign_record_in_the_ledger_is_found(copy: Copy, chain: GethNode) -> None:
    copy.place()
    stream = copy.write()
    plant(stream.bootstrap, stream.ledger, (0, b"8", b"what?"))
    difference = verify(stream, chain.url).only
    assert (difference.kind, difference.topic) == (Kind.FOREIGN, stream.ledger)


# ---------------------------------------------------------------- what cannot be verified


def test_without_a_stream_it_says_so(stream: Stream, chain: GethNode) -> None:
    with pytest.raises(TopicError, match="there is no stream"):
        verify(stream, chain.url)


@pytest.mark.parametrize(("first", "last"), [(None, FIRST - 1), (LAST + 1, None)])
def test_a_range_without_a_block_is_not_proven(
    source: Stream, chain: GethNode, first: int | None, last: int | None
) -> None:
    with pytest.raises(SettingsError, match=f"no block of the range; its tip is block {LAST}"):
        verify(source, chain.url, first, last)


def test_another_chains_node_is_refused(source: Stream, odd_geth: GethNode) -> None:
    with pytest.raises(SettingsError, match="chain"):
        verify(source, odd_geth.url)


def test_what_retention_has_deleted_is_expired_and_not_missing(copy: Copy, chain: GethNode) -> None:
    copy.place()
    stream = copy.write()
    delete_records_before(stream, copy.blocks[4]["offsets"])
    found = verify(stream, chain.url)
    assert found.kinds == {}
    assert (found.summary.expired_first, found.summary.last_block) == (FIRST, LAST)
    assert found.summary.blocks + found.summary.expired_blocks == LAST - FIRST + 1
    assert any("retention has deleted" in notice for notice in found.notices)


def delete_records_before(stream: Stream, offsets: dict[str, list[int]]) -> None:
    with admin_client(stream.bootstrap) as client:
        client.delete_records(
            {TopicPartition(stream.topic, int(number)): offset for number, (_, offset) in offsets.items()}
        )


# ---------------------------------------------------------------- the command


def call(stream: Stream, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as a script calls it."""
    where = ("--bootstrap-server", stream.bootstrap, "--topic", stream.topic)
    return subprocess.run(
        [str(ETHLOGS), "verify", *where, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=ENOUGH_SECONDS,
    )


def test_the_command_proves_with_status_0(source: Stream, chain: GethNode) -> None:
    done = call(source, "--node-url", chain.url)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert f"blocks {FIRST} to {LAST} are proven" in done.stderr


def test_the_command_prints_each_difference_and_ends_with_10(copy: Copy, chain: GethNode) -> None:
    copy.logs[4].pop(0)
    copy.place()
    done = call(copy.write(), "--node-url", chain.url, "--json")
    assert done.returncode == 10, done.stderr
    difference, summary = [json.loads(line) for line in done.stdout.splitlines()]
    assert (difference["difference"], difference["block"]) == ("missing-log", 4)
    assert (summary["verdict"], summary["exitStatus"]) == ("different", 10)
    assert summary["differences"] == {"missing-log": 1}
    assert "1 missing-log" in done.stderr


def test_a_deadline_says_how_far_it_came(source: Stream, chain: GethNode) -> None:
    done = call(source, "--node-url", chain.url, "--timeout", "0.001")
    assert done.returncode == 11, done.stderr
    assert "compared" in done.stderr

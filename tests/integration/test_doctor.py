"""``ethlogs doctor`` with real services, and with each of them away."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from ethlogs_devnet import GethNode
from tests.harness.commands import ETHLOGS, HERE
from tests.harness.running import ENOUGH_SECONDS
from tests.harness.streams import Stream, create_stream


def examine(
    stream: Stream, node_url: str, folder: Path, **more: str
) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit status, and the findings by their names."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ETHLOGS_")}
    finished = subprocess.run(
        [str(ETHLOGS), "doctor", "--json"],
        env={
            **kept,
            **HERE,
            "ETHLOGS_NODE_URL": node_url,
            "ETHLOGS_BOOTSTRAP_SERVER": stream.bootstrap,
            "ETHLOGS_TOPIC": stream.topic,
            **more,
        },
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=ENOUGH_SECONDS,
    )
    assert "Traceback" not in finished.stderr
    answer = json.loads(finished.stdout)
    assert finished.returncode == answer["exitStatus"]
    return finished.returncode, {finding["check"]: finding for finding in answer["findings"]}


def test_a_machine_where_all_is_well(stream: Stream, geth: GethNode, tmp_path: Path) -> None:
    create_stream(stream)
    (tmp_path / "ethlogs.toml").write_text("partitions = 3\n")
    status, found = examine(stream, geth.url, tmp_path)
    assert status == 0
    # One broker gives one replica, and the recorded chain's head is old.
    assert {name for name, finding in found.items() if finding["state"] == "warning"} == {
        *("topic", "ledger", "head")
    }
    assert {finding["state"] for finding in found.values()} == {"ok", "warning"}
    assert "--topic from ETHLOGS_TOPIC" in found["settings"]["text"]
    assert f"--partitions from {tmp_path / 'ethlogs.toml'}" in found["settings"]["text"]
    assert "chain id 1337" in found["node"]["text"]
    assert found["history"]["text"] == "receipts back to block 1"
    assert "3 partitions, replication 1, cleanup.policy=delete, retention.ms=" in found["topic"]["text"]
    assert f"1 broker: {stream.bootstrap} (Kafka 4." in found["kafka"]["text"]
    assert found["tip"]["text"] == "the stream has no block yet"
    assert stream.is_untouched()


def test_a_node_that_is_away_hides_nothing_of_kafka(stream: Stream, tmp_path: Path) -> None:
    create_stream(stream)
    status, found = examine(stream, "http://127.0.0.1:9", tmp_path)
    assert status == 6
    assert found["node"]["state"] == "failed"
    assert found["head"]["state"] == found["history"]["state"] == "skipped"
    assert found["ledger"]["state"] == "warning"
    assert "replication factor 1" in found["ledger"]["text"]


def test_a_new_stream_is_no_failure(stream: Stream, geth: GethNode, tmp_path: Path) -> None:
    status, found = examine(stream, geth.url, tmp_path)
    assert status == 0
    assert found["topic"]["text"] == f"{stream.topic} does not exist yet"
    assert "--create-topics" in found["topic"]["hint"]
    assert "can be created with 1 partition (the brokers' default;" in found["creation"]["text"]
    assert found["tip"]["state"] == "skipped"
    assert found["transactions"]["state"] == "ok"


def test_more_replicas_than_brokers_fail_before_a_topic_is_created(
    stream: Stream, geth: GethNode, tmp_path: Path
) -> None:
    status, found = examine(stream, geth.url, tmp_path, ETHLOGS_REPLICATION_FACTOR="3")
    assert status == 3
    assert found["creation"]["state"] == "failed"
    assert "replication factor of 3 cannot be reached" in found["creation"]["text"]
    assert "--replication-factor" in found["creation"]["hint"]


def test_a_broker_that_is_away_is_told_once(stream: Stream, geth: GethNode, tmp_path: Path) -> None:
    status, found = examine(stream, geth.url, tmp_path, ETHLOGS_BOOTSTRAP_SERVER="127.0.0.1:9")
    assert status == 7
    assert found["kafka"]["state"] == "failed"
    assert found["topic"]["state"] == found["transactions"]["state"] == "skipped"


def test_a_setting_that_is_missing_is_the_first_finding(
    stream: Stream, geth: GethNode, tmp_path: Path
) -> None:
    status, found = examine(stream, geth.url, tmp_path, ETHLOGS_BOOTSTRAP_SERVER="")
    assert status == 3
    assert found["settings"]["state"] == "failed"

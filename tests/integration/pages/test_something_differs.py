"""The commands of docs/when-something-differs.md."""

from __future__ import annotations

import re

import pytest

from ethlogs.ledger import CLAIM_KEY
from scripts.page_commands import read_file, read_script
from tests.harness.pages import NEEDS_JQ, fill
from tests.harness.streams import (
    assert_exactly_once,
    plant,
)
from tests.integration.pages.user import BROKER, TOPIC, User

pytestmark = pytest.mark.services


@pytest.mark.long
def test_a_range_is_produced_again_and_verified(user: User) -> None:
    user.have(8)
    repaired = user.of("_repair")
    user.shell.run(
        read_script("docs/when-something-differs.md", "First", "_repair"),
        {f"{TOPIC}_repair": repaired.topic, "--start A": "--start 3", "--to B": "--to 6"},
    )
    assert_exactly_once(repaired, user.node.url, 3, 6, proof="block")


def test_a_stream_begins_again_under_its_name(user: User) -> None:
    with user.following():
        user.shell.run(
            read_script("docs/when-something-differs.md", "First", "--delete"),
            {BROKER: user.stream.bootstrap, TOPIC: user.stream.topic, "FIRST": "2"},
            ETHLOGS_BLOCKS="3",
        )
    assert_exactly_once(user.stream, user.node.url, 2, 4, proof="block")


@pytest.mark.long
def test_a_stream_begins_again_under_another_name(user: User) -> None:
    new = user.of("_2")
    user.shell.run(
        read_script("docs/when-something-differs.md", "First", "--partitions 24"),
        {f"{TOPIC}_2": new.topic, "FIRST": "2"},
        ETHLOGS_BLOCKS="3",
    )
    assert_exactly_once(new, user.node.url, 2, 4, proof="block")


@pytest.mark.long
@NEEDS_JQ
def test_a_new_topic_continues_an_old_one(user: User) -> None:
    new = user.of("_2")
    script = read_script("docs/when-something-differs.md", "When something must change")
    stop, ask_tip, produce = script.splitlines()
    with user.following():
        tip = int(user.shell.run(f"{stop}\n{ask_tip}").stdout)
    assert tip == user.stream.heights()[-1]
    user.shell.run(produce, {f"{TOPIC}_2": new.topic, "TIP+1": str(tip + 1)}, ETHLOGS_BLOCKS="2")
    assert_exactly_once(new, user.node.url, tip + 1, tip + 2, proof="block")


def test_a_foreign_claim_in_the_ledger_is_written_over_by_the_pages_program(user: User) -> None:
    user.have(5)
    plant(user.stream.bootstrap, user.stream.ledger, (0, CLAIM_KEY, b"of another program"))
    refused = user.shell.run("ethlogs status", status=7)
    match = re.search(rf"record (\d+) of {user.stream.ledger}-(\d+) ", refused.stderr)
    assert match is not None, refused.stderr
    program = fill(
        read_file("docs/when-something-differs.md", "A record of another program in the ledger"),
        {
            BROKER: user.stream.bootstrap,
            "LEDGER": user.stream.ledger,
            "PARTITION": match[2],
            "OFFSET": match[1],
        },
    )
    user.run_python(program)
    assert "tip" in user.shell.run("ethlogs status").stdout

"""Who owns a stream, and when a newer run may take it."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from ethlogs.errors import SupersededError
from ethlogs.follow import ownership
from ethlogs.follow.ownership import check_not_superseded, is_held, wait_until_free
from ethlogs.stream.tail import Claimed, Tail
from tests.unit.samples import BLOCK, CLAIM, EMPTY_TAIL, TAIL


def claimed(**changes: object) -> Tail:
    """The tail under a claim that is like CLAIM but for the changes."""
    return dataclasses.replace(TAIL, newest=Claimed(replace(CLAIM, **changes), 7))


def test_the_newest_claim_after_the_runs_first_look_wins() -> None:
    with pytest.raises(SupersededError, match="run 20260101-000000-abcdef has taken this stream"):
        check_not_superseded(Claimed(CLAIM, 7), "another-run", 1, 7)


@pytest.mark.parametrize(
    ("newest", "run", "attempt"),
    [
        (None, "another-run", 1),
        (Claimed(CLAIM, 7), CLAIM.run, 1),
        (Claimed(CLAIM, 7), CLAIM.run, 2),
        (Claimed(CLAIM, 6), "another-run", 1),
        (Claimed(replace(CLAIM, repeats=6), 9), "another-run", 1),
        (Claimed(replace(CLAIM, repeats=6, released=True), 9), "another-run", 1),
    ],
    ids=[
        "no claim",
        "its own claim",
        "that of an earlier attempt",
        "a claim from before it",
        "a claim from before it that is repeated",
        "a claim from before it that is released",
    ],
)
def test_a_run_that_nobody_superseded_goes_on(newest: Claimed | None, run: str, attempt: int) -> None:
    check_not_superseded(newest, run, attempt, 7)


def test_a_later_attempt_of_the_same_run_supersedes_an_earlier_one() -> None:
    later = Claimed(replace(CLAIM, attempt=3), 2)
    with pytest.raises(SupersededError, match="attempt 3 of this run has taken the stream over"):
        check_not_superseded(later, CLAIM.run, 2, 7)


@pytest.mark.parametrize(
    ("tail", "run", "held"),
    [
        (EMPTY_TAIL, "another-run", False),
        (TAIL, CLAIM.run, False),
        (TAIL, "another-run", True),
        (claimed(last_block=None), "another-run", True),
        (claimed(last_block=None, released=True), "another-run", False),
        (claimed(last_block=100), "another-run", False),
        (dataclasses.replace(TAIL, tip=None), "another-run", True),
    ],
    ids=["new", "own", "unfinished", "without end", "released", "finished", "before its first block"],
)
def test_a_stream_is_held_by_a_run_that_has_neither_finished_nor_released_it(
    tail: Tail, run: str, held: bool
) -> None:
    assert is_held(tail, run) is held


class Watching:
    """Watches made-up tails, one a look; the last one stays."""

    def __init__(self, *tails: Tail) -> None:
        self._tails = list(tails)
        self.said: list[str] = []

    def wait(self) -> None:
        wait_until_free(self._read, "another-run", lambda _seconds: None, self.said.append)

    def _read(self) -> Tail:
        return self._tails.pop(0) if len(self._tails) > 1 else self._tails[0]


def test_a_run_that_still_commits_keeps_its_stream() -> None:
    committed = dataclasses.replace(TAIL, tip=replace(BLOCK, block_number=101, block_hash="0xb2"))
    watching = Watching(TAIL, TAIL, committed)
    with pytest.raises(
        SupersededError, match="run 20260101-000000-abcdef follows this stream, now at block 101"
    ) as caught:
        watching.wait()
    assert "--replace" in (caught.value.hint or "")
    assert watching.said == [
        "run 20260101-000000-abcdef has this stream; watching for up to 30 seconds whether it commits"
    ]


def test_a_run_that_only_repeats_its_claim_keeps_its_stream() -> None:
    repeated = dataclasses.replace(TAIL, newest=Claimed(replace(CLAIM, repeats=7), 9))
    with pytest.raises(SupersededError, match="run 20260101-000000-abcdef follows this stream"):
        Watching(TAIL, repeated).wait()


def test_a_run_that_commits_nothing_is_taken_over_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "WATCH_SECONDS", 0.01)
    watching = Watching(TAIL)
    watching.wait()
    assert watching.said[-1] == (
        "run 20260101-000000-abcdef has committed nothing for 0.01 seconds; taking the stream over from it"
    )


@pytest.mark.parametrize("ended", [claimed(released=True), claimed(last_block=100)])
def test_a_run_that_ends_meanwhile_is_not_waited_for(ended: Tail) -> None:
    watching = Watching(TAIL, ended)
    watching.wait()
    assert len(watching.said) == 1


@pytest.mark.parametrize("free", [EMPTY_TAIL, claimed(released=True)])
def test_a_free_stream_is_not_watched(free: Tail) -> None:
    watching = Watching(free)
    watching.wait()
    assert watching.said == []

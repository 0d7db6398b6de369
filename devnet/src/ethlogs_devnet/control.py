"""What is asked of a devnet that is up: a file in its state folder, answered by another one."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.state import DevnetState, read_state, write_state

_FOLDER = "requests"
_POLL_SECONDS = 0.05
_ANSWER_SECONDS = 1_800.0
"""The first reorg of a chain of some 10,000 blocks copies it first."""


class Reorganizable(Protocol):
    """What answers a request for a reorg."""

    def reorg(self, depth: int) -> list[str]:
        """Replace the newest blocks; return the hashes of the new ones."""


@dataclass(frozen=True)
class Answer:
    """The hashes of the new blocks, or why there are none."""

    hashes: list[str]
    error: str | None = None
    hint: str | None = None


def ask_for_reorg(folder: Path, depth: int) -> list[str]:
    """Have the devnet that is up in ``folder`` reorganize its chain; return the new blocks' hashes.

    Raises
    ------
    DevnetError
        When no devnet is up there, it refuses, or it does not answer.
    """
    state = read_state(folder)
    if state is None or not state.is_up():
        raise DevnetError(f"no devnet is up in {folder}", hint="ethlogs-devnet up, or another --state")
    request = folder / _FOLDER / f"{secrets.token_hex(8)}.json"
    request.parent.mkdir(exist_ok=True, mode=0o700)
    _write(request, {"depth": depth})
    answer = request.with_suffix(".answer")
    deadline = time.monotonic() + _ANSWER_SECONDS
    while not answer.exists():
        if time.monotonic() > deadline or not state.is_up():
            request.unlink(missing_ok=True)
            raise DevnetError(f"the devnet in {folder} does not answer", hint="ethlogs-devnet status")
        time.sleep(_POLL_SECONDS)
    found = Answer(**json.loads(answer.read_text()))
    answer.unlink()
    if found.error is not None:
        raise DevnetError(found.error, hint=found.hint)
    return found.hashes


@contextmanager
def answering_requests(folder: Path, devnet: Reorganizable, state: DevnetState) -> Iterator[None]:
    """Write the state, and answer whoever finds it there, beside what the block does."""
    write_state(folder, state)
    ended = threading.Event()
    answers = threading.Thread(target=answer_requests, args=(folder, devnet, ended), name="requests")
    answers.start()
    try:
        yield
    finally:
        ended.set()
        answers.join()


def answer_requests(folder: Path, devnet: Reorganizable, ended: threading.Event) -> None:
    """Answer what is asked until ``ended`` is set."""
    while not ended.wait(_POLL_SECONDS):
        for request in sorted((folder / _FOLDER).glob("*.json")):
            answer = _reorganize(devnet, json.loads(request.read_text())["depth"])
            request.unlink(missing_ok=True)
            _write(request.with_suffix(".answer"), asdict(answer))


def _reorganize(devnet: Reorganizable, depth: int) -> Answer:
    try:
        return Answer(devnet.reorg(depth))
    except DevnetError as error:
        return Answer([], str(error), error.hint)


def _write(path: Path, content: dict[str, object]) -> None:
    """Write a file in one step: a reader never sees half of it."""
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(content))
    temporary.rename(path)

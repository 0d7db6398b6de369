"""The tree of errors: drawn as it is, each with one exit status of the public list."""

from __future__ import annotations

import re
import signal

import pytest

from ethlogs import errors
from ethlogs.errors import EthlogsError, ExitStatus, InterruptedRunError

Row = tuple[int, str, tuple[int, ...]]


def drawn_tree() -> list[Row]:
    rows = re.findall(r"^    ([│├└─ ]*)(\w+Error) +(\d+(?:, \d+)*)", errors.__doc__ or "", re.MULTILINE)
    return [(len(lead) // 3, name, tuple(map(int, numbers.split(", ")))) for lead, name, numbers in rows]


def real_tree(kind: type[EthlogsError] = EthlogsError, depth: int = 0) -> list[Row]:
    children = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    rows = [row for child in children for row in real_tree(child, depth + 1)]
    return [(depth, kind.__name__, statuses_of(kind)), *rows]


def statuses_of(kind: type[EthlogsError]) -> tuple[int, ...]:
    if kind is InterruptedRunError:
        numbers = (signal.SIGINT, signal.SIGTERM)
        return tuple(InterruptedRunError("", signal_number=number).exit_status for number in numbers)
    return (kind("").exit_status,)


ALL = [getattr(errors, name) for _, name, _ in real_tree()]


def test_the_tree_in_the_docstring_is_the_real_one() -> None:
    assert drawn_tree() == real_tree()


@pytest.mark.parametrize("kind", ALL)
def test_every_error_says_in_one_sentence_what_it_is(kind: type[EthlogsError]) -> None:
    assert re.fullmatch(r"\w[^\n]*[^.\n]\.", kind.__doc__ or "")


@pytest.mark.parametrize("kind", ALL)
def test_every_error_keeps_its_message_and_what_to_do(kind: type[EthlogsError]) -> None:
    error = kind("what happened", hint="what to do")
    assert (str(error), error.hint) == ("what happened", "what to do")


def test_the_exit_statuses_are_the_public_ones() -> None:
    assert {status.name: status.value for status in ExitStatus} == {
        "DONE": 0,
        "DEFECT": 1,
        "USAGE": 2,
        "SETTINGS": 3,
        "PACK": 4,
        "KERBEROS": 5,
        "NODE": 6,
        "DELIVERY": 7,
        "SUBMISSION": 8,
        "SUPERSEDED": 9,
        "DIFFERENCE": 10,
        "DEADLINE": 11,
        "UNKNOWN": 12,
        "SIGINT": 130,
        "SIGTERM": 143,
    }

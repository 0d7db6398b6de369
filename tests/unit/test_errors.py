"""The tree of errors: drawn as it is, each with one exit status of the public list."""

from __future__ import annotations

import ast
import re
import signal
from collections.abc import Iterator
from pathlib import Path

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


SAY_IT_THEMSELVES = {
    "cli/status.py": "wrong usage, which the sentence names",
    "cli/verify.py": "wrong usage, which the sentence names",
    "driver/main.py": "the settings were written by ethlogs itself",
    "settings/codec.py": "the settings were written by ethlogs itself",
    "driver/jobs.py": "the sentence lists the jobs",
    "kafka/client_config.py": "the sentence says which values there are",
    "kafka/command_config.py": "the sentence says which values there are",
    "kafka/jaas.py": "the sentence says the form",
    "notebook/starting.py": "the sentence says what has no meaning here",
    "settings/reading.py": "the sentence says which values there are",
    "settings/toml_file.py": "the sentence says which values there are",
    "submission/abis.py": "the sentence says which values there are",
    "submission/selection.py": "the sentence says what is wrong with a value",
}
"""Modules with an error that has no hint, and needs none."""
ASKED_AGAIN = {"NodeUnavailableError", "LivyUnavailableError", "MissingMethodError", "UnprovenError"}
"""Who gives up asking says what to do."""


def raised_without_hint() -> Iterator[tuple[str, str]]:
    """The module and the class of each error that is made without a hint."""
    root = Path(errors.__file__).parent
    kinds = {kind.__name__ for kind in ALL}
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and not any(word.arg in ("hint", None) for word in node.keywords):
                name = ast.unparse(node.func).rpartition(".")[2]
                if name in kinds:
                    yield str(path.relative_to(root)), name


def test_every_error_that_a_user_meets_says_what_to_do() -> None:
    found = {(module, name) for module, name in raised_without_hint() if name not in ASKED_AGAIN}
    assert {module for module, _ in found} == set(SAY_IT_THEMSELVES), found


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

"""Each kind of value parses text and refuses what no run can work with."""

from __future__ import annotations

from typing import Any

import pytest

from ethlogs.settings.kinds import (
    Choice,
    Count,
    KeyValue,
    Kind,
    Seconds,
    StartHeight,
    Switch,
    Text,
    is_height,
)

HIDDEN = "hunter2"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Text(), " as it is ", " as it is "),
        (Choice(("latest", "safe")), "safe", "safe"),
        (Count(), "0", 0),
        (Count(min=1), str(2**63 - 1), 2**63 - 1),
        (Seconds(), "0", 0.0),
        (Seconds(above=True), "1e-3", 0.001),
        (KeyValue(), " a.b =c=d", ("a.b", "c=d")),
        (StartHeight(), "latest", "latest"),
        (StartHeight(), "0", "0"),
        (Switch(), "on", True),
        (Switch(), "False", False),
    ],
)
def test_text_is_parsed(kind: Kind[Any], text: str, value: Any) -> None:
    assert kind.parse(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Choice(("latest", "safe")), "Safe"),
        (Count(), "1.5"),
        (Count(), "1_000"),
        (Count(), "²"),
        (Count(), ""),
        (Count(), "9" * 5000),
        (Count(), str(2**63)),
        (Count(min=1), "0"),
        (Seconds(), "nan"),
        (Seconds(), "inf"),
        (Seconds(), "-1"),
        (Seconds(), "soon"),
        (Seconds(above=True), "0"),
        (KeyValue(), "a"),
        (KeyValue(), "=b"),
        (StartHeight(), "-1"),
        (Switch(), "perhaps"),
    ],
)
def test_other_text_is_refused(kind: Kind[Any], text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        kind.parse(text)


def test_a_refused_pair_does_not_repeat_its_text() -> None:
    with pytest.raises(ValueError, match="expected KEY=VALUE") as caught:
        KeyValue().parse(HIDDEN)
    assert HIDDEN not in str(caught.value)


def test_a_variable_of_pairs_is_split_as_a_shell_splits_it() -> None:
    assert KeyValue().split("a=1 'b=two words'") == ["a=1", "b=two words"]
    assert KeyValue().split("a='1") == [""]
    assert Text().split("http://a  ipc:///b") == ["http://a", "ipc:///b"]


def test_a_height_is_a_number_that_a_ledger_can_hold() -> None:
    assert is_height("0")
    assert not is_height(str(2**63))
    assert not is_height("-1")

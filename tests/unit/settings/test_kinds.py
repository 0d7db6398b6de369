"""Each kind of value parses text and refuses what no run can work with."""

from __future__ import annotations

from typing import Any

import pytest

from ethlogs.settings.kinds import (
    Choice,
    Count,
    KeyValue,
    Kind,
    Quoted,
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
        (Seconds(), " 1.5 ", 1.5),
        (Seconds(), "+.5", 0.5),
        (Seconds(), "2.", 2.0),
        (Seconds(), "1E9", 1e9),
        (Text(), "tëxt", "tëxt"),
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
        (Seconds(), ""),
        (Seconds(), "1e400"),
        (Seconds(), "1000000001"),
        (Seconds(max=60), "61"),
        (Seconds(), "9" * 5000),
        (Seconds(), "1_000"),
        (Seconds(), "\u0663"),
        (Seconds(), "0x10"),
        (Seconds(), "5s"),
        (Seconds(), "1,5"),
        (Seconds(), "-inf"),
        (Text(), "a\0b"),
        (Text(), "a\udcffb"),
        (KeyValue(), "a=\0"),
        (KeyValue(), "a\udcff=b"),
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
    assert Quoted().split("a 'two words'") == ["a", "two words"]
    assert Quoted().split("a 'two words") == ["a 'two words"]


def test_a_height_is_a_number_that_a_ledger_can_hold() -> None:
    assert is_height("0")
    assert not is_height(str(2**63))
    assert not is_height("-1")


@pytest.mark.parametrize("text", [f"{HIDDEN}\0", f"{HIDDEN}\udcff"])
def test_a_text_that_no_file_can_hold_is_refused_without_being_repeated(text: str) -> None:
    for kind, value in ((Text(), text), (KeyValue(), f"password={text}")):
        with pytest.raises(ValueError, match="the text") as caught:
            kind.parse(value)
        assert HIDDEN not in str(caught.value)

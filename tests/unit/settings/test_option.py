"""Option groups: what is derived from their fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ethlogs.settings.kinds import Count, KeyValue, Text
from ethlogs.settings.option import Heading, OptionGroup, build, declarations, option, repeated, switch


@dataclass(frozen=True)
class Base(OptionGroup):
    heading: ClassVar[Heading] = "Kafka"
    server: str | None = option("--server", Text("HOST"), "Server.")


@dataclass(frozen=True)
class Inner(OptionGroup):
    heading: ClassVar[Heading] = "Proof"
    strict: bool = switch("--strict", "Be strict.")


@dataclass(frozen=True)
class Group(Base):
    heading: ClassVar[Heading] = "Stream"
    count: int = option("--max-count", Count(), "Count.", default=3)
    pairs: tuple[tuple[str, str], ...] = repeated("--pair", KeyValue(), "Pairs.", secret=True)
    inner: Inner = Inner()


@dataclass(frozen=True)
class Command:
    group: Group


def test_declarations_are_found_with_their_heading_and_path() -> None:
    found = [(item.option.flag, item.heading, item.path) for item in declarations(Command)]
    assert found == [
        ("--server", "Kafka", ("group", "server")),
        ("--max-count", "Stream", ("group", "count")),
        ("--pair", "Stream", ("group", "pairs")),
        ("--strict", "Proof", ("group", "inner", "strict")),
    ]


def test_key_and_variable_follow_from_the_flag() -> None:
    declared = [item.option for item in declarations(Group)]
    assert [(item.key, item.variable) for item in declared[:2]] == [
        ("server", "ETHLOGS_SERVER"),
        ("max-count", "ETHLOGS_MAX_COUNT"),
    ]


def test_an_object_is_built_from_values_by_their_path() -> None:
    values = {
        "group__server": "a",
        "group__count": 7,
        "group__pairs": (("k", "v"),),
        "group__inner__strict": True,
    }
    assert build(Command, values) == Command(Group("a", 7, (("k", "v"),), Inner(True)))


def test_defaults_stand_in_the_declaration_alone() -> None:
    assert Group() == Group(server=None, count=3, pairs=(), inner=Inner(strict=False))
    assert Group.count == 3


def test_a_secret_is_left_out_of_the_repr() -> None:
    assert "hunter2" not in repr(Group(pairs=(("password", "hunter2"),)))

"""The declaration of a setting: one field of a frozen option group, with all that is known of it.

A group is a frozen dataclass below :class:`OptionGroup`. Command line, environment variables,
ethlogs.toml and the documentation are derived from its fields; nothing here knows of any of them.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from typing import Any, ClassVar, Literal, TypeVar, cast, overload

from ethlogs.settings.kinds import Kind, Switch

T = TypeVar("T")
Heading = Literal[
    "Node",
    "Kafka",
    "Kerberos",
    "Stream",
    "Selection",
    "Range",
    "Proof",
    "Spark",
    "YARN",
    "Environment",
    "Limits",
    "Metrics",
    "Output",
]
HEADINGS: tuple[Heading, ...] = typing.get_args(Heading)
_METADATA = "ethlogs.option"


@dataclass(frozen=True)
class Option:
    """One setting, as every place that offers it needs to know it."""

    flag: str
    kind: Kind[Any]
    help: str
    default: Any
    repeatable: bool = False
    short: str | None = None
    """A flag of one letter."""

    is_setting: bool = True
    """Whether it is a variable and a key too; ``False`` for what is wanted of one call alone."""

    @property
    def key(self) -> str:
        """The key of ethlogs.toml."""
        return self.flag.removeprefix("--")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"ETHLOGS_{self.key.replace('-', '_').upper()}"

    @property
    def shows_default(self) -> bool:
        """Whether the default says something; otherwise the help text does."""
        return not isinstance(self.default, bool) and self.default not in (None, (), "")


@dataclass(frozen=True)
class OptionGroup:
    """Settings that belong together."""

    heading: ClassVar[Heading]
    """The heading of ``--help``, of the documentation and of the sample ethlogs.toml."""


@overload
def option(flag: str, kind: Kind[T], help: str, *, secret: bool = ...) -> T | None: ...
@overload
def option(flag: str, kind: Kind[T], help: str, *, default: T) -> T: ...
def option(
    flag: str, kind: Kind[T], help: str, *, default: T | None = None, secret: bool = False
) -> T | None:
    """Declare a setting with one value; without a default it is ``None`` until it is set."""
    return cast("T | None", _declare(Option(flag, kind, help, default), secret))


def repeated(flag: str, kind: Kind[T], help: str, *, secret: bool = False) -> tuple[T, ...]:
    """Declare a setting that can be given several times."""
    return cast("tuple[T, ...]", _declare(Option(flag, kind, help, (), repeatable=True), secret))


def switch(
    flag: str, help: str, *, negative: str | None = None, short: str | None = None, is_setting: bool = True
) -> bool:
    """Declare a setting that is on or off, and off by default."""
    declared = Option(flag, Switch(negative), help, False, short=short, is_setting=is_setting)
    return cast("bool", _declare(declared, secret=False))


def _declare(declared: Option, secret: bool) -> Any:
    return field(default=declared.default, repr=not secret, metadata={_METADATA: declared})


@dataclass(frozen=True)
class Declaration:
    """An option and where it belongs."""

    option: Option
    heading: Heading
    path: tuple[str, ...]
    """The names of the fields that lead to its value."""


def declarations(group: type[Any], path: tuple[str, ...] = ()) -> Iterator[Declaration]:
    """Yield the options of a group, or of a dataclass of groups, in their order."""
    hints = typing.get_type_hints(group)
    for item in fields(group):
        here = (*path, item.name)
        if _METADATA in item.metadata:
            yield Declaration(item.metadata[_METADATA], _heading(group, item), here)
        else:
            yield from declarations(cast("type[Any]", hints[item.name]), here)


def build(group: type[T], values: dict[str, Any], path: tuple[str, ...] = ()) -> T:
    """Build a group, or a dataclass of groups, from the values by their :func:`parameter` names."""
    hints = typing.get_type_hints(group)
    content: dict[str, Any] = {}
    for item in fields(cast("Any", group)):
        here = (*path, item.name)
        if _METADATA in item.metadata:
            content[item.name] = values[parameter(here)]
        else:
            content[item.name] = build(cast("type[Any]", hints[item.name]), values, here)
    return group(**content)


def parameter(path: tuple[str, ...]) -> str:
    """Return the one name of an option in a dataclass of groups."""
    return "__".join(path)


def _heading(group: type[Any], item: Field[Any]) -> Heading:
    """The heading of the class in which the field is declared."""
    owner: Any = next(cls for cls in group.__mro__ if item.name in inspect.get_annotations(cls))
    return cast("Heading", owner.heading)

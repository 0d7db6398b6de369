"""The kinds of values that a setting can have: how text is parsed, and what ethlogs.toml may hold.

Each kind raises ``ValueError`` with a message that does not need the setting's name.
"""

from __future__ import annotations

import re
import shlex
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

T = TypeVar("T")

# The largest integer that settings, ledger and report can hold.
_MAX_INTEGER = 2**63 - 1

_DECIMAL = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?", re.ASCII)


class Kind(ABC, Generic[T]):
    """One kind of value; subclasses are frozen dataclasses."""

    metavar: str
    toml_types: ClassVar[tuple[type, ...]] = (int, str)
    """The types of a TOML value that are accepted. Text is always parsed as a flag's text is."""

    toml_words: ClassVar[str] = "text, in quotes"
    """The same for a message."""

    @abstractmethod
    def parse(self, text: str) -> T:
        """Convert a flag's or a variable's text.

        Raises
        ------
        ValueError
            When the text is not a value of this kind.
        """

    def split(self, text: str) -> list[str]:
        """Split a variable's text into the values of a repeatable setting."""
        return text.split()


@dataclass(frozen=True)
class Text(Kind[str]):
    """Any text."""

    metavar: str = "TEXT"

    def parse(self, text: str) -> str:
        """Return the text itself, which must be one that a file of settings and a path can have."""
        return _checked(text)


@dataclass(frozen=True)
class Quoted(Text):
    """Text that may have blanks; several in a variable are quoted as a shell quotes them."""

    def split(self, text: str) -> list[str]:
        """Split into words as a shell does; wrong quotes leave one word, which its reader refuses."""
        try:
            return shlex.split(text)
        except ValueError:
            return [text]


@dataclass(frozen=True)
class Choice(Kind[T]):
    """One of a few words."""

    words: tuple[T, ...]

    @property
    def metavar(self) -> str:  # type: ignore[override]  # derived here, a plain attribute elsewhere
        """The words as ``--help`` shows them."""
        return f"[{'|'.join(str(word) for word in self.words)}]"

    def parse(self, text: str) -> T:
        """Return the word."""
        for word in self.words:
            if text == word:
                return word
        raise ValueError(f"{text!r} is not one of {', '.join(repr(word) for word in self.words)}.")


@dataclass(frozen=True)
class Count(Kind[int]):
    """A whole number that settings, ledger and report can hold."""

    min: int = 0
    metavar: str = "N"
    toml_words: ClassVar[str] = "a whole number"

    def parse(self, text: str) -> int:
        """Convert to a number and check its bounds."""
        if not re.fullmatch(r"[+-]?\d+", text.strip(), re.ASCII) or len(text) > 100:
            raise ValueError(f"{text!r} is not a valid integer.")
        number = int(text)
        if number < self.min:
            raise ValueError(f"{number} is not in the range x>={self.min}.")
        if number > _MAX_INTEGER:
            raise ValueError(f"{number} is larger than any block number or count")
        return number


@dataclass(frozen=True)
class Seconds(Kind[float]):
    """A number of seconds. A limit that never comes (``inf``, ``nan``) is not a limit."""

    min: float = 0.0
    above: bool = False
    """Whether ``min`` itself is too small."""
    max: int = 1_000_000_000
    """By default some 30 years: the operating system refuses a wait that is much longer."""

    metavar: str = "SECONDS"
    toml_types: ClassVar[tuple[type, ...]] = (int, float, str)
    toml_words: ClassVar[str] = "a number"

    def parse(self, text: str) -> float:
        """Convert to a number and check its bounds."""
        if _DECIMAL.fullmatch(text.strip()) is None:
            raise ValueError(f"{text} is not a number of seconds")
        seconds = float(text)
        if seconds > self.max:
            raise ValueError(f"{text} is more than {self.max:,d} seconds")
        if seconds < self.min or (self.above and seconds == self.min):
            raise ValueError(f"{seconds:g} is not in the range x>{'' if self.above else '='}{self.min:g}.")
        return seconds


@dataclass(frozen=True)
class KeyValue(Kind[tuple[str, str]]):
    """``KEY=VALUE``; several in a variable are quoted as a shell quotes them."""

    metavar: str = "KEY=VALUE"

    def parse(self, text: str) -> tuple[str, str]:
        """Split at the first ``=``. The message never repeats the text, which may hold a password."""
        key, separator, value = text.partition("=")
        if not separator or not key.strip():
            raise ValueError("expected KEY=VALUE")
        return _checked(key.strip()), _checked(value)

    def split(self, text: str) -> list[str]:
        """Split into words as a shell does; wrong quotes give a word that :meth:`parse` refuses."""
        try:
            return shlex.split(text)
        except ValueError:
            return [""]


@dataclass(frozen=True)
class StartHeight(Kind[str]):
    """``latest``, ``earliest`` or a height."""

    metavar: str = "latest|earliest|N"

    def parse(self, text: str) -> str:
        """Check the form."""
        if text not in ("latest", "earliest") and not is_height(text):
            raise ValueError(f"{text!r} is not latest, earliest or a block number")
        return text


@dataclass(frozen=True)
class Switch(Kind[bool]):
    """True or false; on a command line the flag alone says true."""

    negative: str | None = None
    """The flag that says false, where a variable or a file may say true."""

    metavar: str = ""
    toml_types: ClassVar[tuple[type, ...]] = (bool, str)
    toml_words: ClassVar[str] = "true or false"

    def parse(self, text: str) -> bool:
        """Convert one of the usual words."""
        word = text.strip().lower()
        if word in ("1", "true", "t", "yes", "y", "on"):
            return True
        if word in ("0", "false", "f", "no", "n", "off", ""):
            return False
        raise ValueError(f"{text!r} is not a valid boolean.")


def _checked(text: str) -> str:
    """Return the text. The message does not repeat it, since it may be a secret."""
    if "\0" in text:
        raise ValueError("the text has a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("the text is not UTF-8") from None
    return text


def is_height(text: str) -> bool:
    """Return whether the text is a block number that a ledger can hold."""
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _MAX_INTEGER

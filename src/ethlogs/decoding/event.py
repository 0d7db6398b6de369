"""An event of an ABI: its name, its parameters, and what follows from these."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property

from ethlogs.proof import keccak256

TUPLE = "tuple"


@dataclass(frozen=True)
class Parameter:
    """One parameter of an event, or one component of a tuple."""

    base: str
    """An elementary type like ``uint256``, or :data:`TUPLE`."""
    suffix: str
    """The brackets of an array, like ``[]`` or ``[3][]``; empty where it is none."""
    name: str
    indexed: bool = False
    components: tuple[Parameter, ...] = ()

    @property
    def type(self) -> str:
        """The type as a signature has it: a tuple as its components' types."""
        base = f"({','.join(item.type for item in self.components)})" if self.base == TUPLE else self.base
        return base + self.suffix

    @property
    def text(self) -> str:
        """The parameter as people write it."""
        base = f"({','.join(item.text for item in self.components)})" if self.base == TUPLE else self.base
        words = (base + self.suffix, "indexed" if self.indexed else "", self.name)
        return " ".join(filter(None, words))

    @property
    def is_word(self) -> bool:
        """Whether its value is one word: an elementary type of fixed size."""
        return not self.suffix and self.base not in (TUPLE, "string", "bytes")

    @property
    def words(self) -> int | None:
        """How many words its value takes; ``None`` where that differs from value to value."""
        if self.base in ("string", "bytes") or "[]" in self.suffix:
            return None
        sizes = [item.words for item in self.components] if self.base == TUPLE else [1]
        counts = [int(count) for count in re.findall(r"\d+", self.suffix)]
        return None if None in sizes else sum(filter(None, sizes)) * math.prod(counts)


@dataclass(frozen=True)
class Event:
    """One event that an ABI declares."""

    name: str
    parameters: tuple[Parameter, ...]

    @cached_property
    def signature(self) -> str:
        """The name and the types: what topic0 is the hash of."""
        return f"{self.name}({','.join(item.type for item in self.parameters)})"

    @cached_property
    def topic0(self) -> str:
        """The first topic of every event log of this event."""
        return "0x" + keccak256(self.signature.encode()).hex()

    @property
    def text(self) -> str:
        """The whole declaration on one line, which :func:`ethlogs.decoding.signature.parse_event` reads."""
        return f"{self.name}({','.join(item.text for item in self.parameters)})"

    @property
    def topics(self) -> int:
        """How many topics its event logs have."""
        return 1 + sum(item.indexed for item in self.parameters)

"""Which event logs a stream has, and by which ABIs they are decoded: fixed when the stream is created."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ethlogs.settings.kinds import Quoted
from ethlogs.settings.option import Heading, OptionGroup, repeated


@dataclass(frozen=True)
class SelectionOptions(OptionGroup):
    """The selection as a user says it."""

    heading: ClassVar[Heading] = "Selection"
    addresses: tuple[str, ...] = repeated(
        "--address",
        Quoted("ADDRESS|@FILE"),
        "Contract whose event logs are selected; @FILE has one per line. Repeatable. [default: all]",
    )
    events: tuple[str, ...] = repeated(
        "--event",
        Quoted("SIGNATURE|TOPIC0|@FILE"),
        "Event whose event logs are selected, like 'Transfer(address,address,uint256)' or its topic0; @FILE"
        " has one per line. Repeatable. [default: all]",
    )


@dataclass(frozen=True)
class SelectionSettings:
    """The selection, checked, with the content of the files: a driver on another machine has no files."""

    addresses: tuple[str, ...] = ()
    """In lower case; empty for every contract."""
    events: tuple[str, ...] = ()
    """Their topic0 in lower case; empty for every event."""

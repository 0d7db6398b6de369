"""Settings of the selection of event logs and of their ABIs: fixed when the stream is created."""

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
    abis: tuple[str, ...] = repeated(
        "--abi",
        Quoted("[ADDRESS=]NAME|FILE|SIGNATURE"),
        "ABI that event logs are decoded by: erc20, erc721, erc1155, uniswap-v2, uniswap-v3, a JSON file, or"
        " a signature; with ADDRESS= for that contract alone. Repeatable; the first that fits counts."
        " [default: none]",
    )


@dataclass(frozen=True)
class Abi:
    """The events of one ABI."""

    name: str
    """The name that the records have it under."""
    address: str | None
    """The contract that it is for, in lower case; ``None`` for all of them."""
    events: tuple[str, ...]
    """Each as its text, with the names of its parameters."""


@dataclass(frozen=True)
class SelectionSettings:
    """The selection, checked, with the content of the files: a driver on another machine has no files."""

    addresses: tuple[str, ...] = ()
    """In lower case; empty for every contract."""
    events: tuple[str, ...] = ()
    """Their topic0 in lower case; empty for every event."""
    abis: tuple[Abi, ...] = ()
    """In the order in which they are tried; empty where nothing is decoded."""

"""The numbers of a run: the one table that progress.json, report.json and every reader of them follow."""

from __future__ import annotations

import typing
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta


class Counts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The numbers of a run's attempt so far; the public names are those in camel case."""

    blocks: Annotated[
        int, Meta(title="blocks", description="Blocks that were committed and are not retracted.")
    ]
    logs: Annotated[int, Meta(title="event logs", description="Event logs of these blocks.")]
    unproven_logs: Annotated[
        int,
        Meta(
            title="event logs",
            description="Event logs that no root of their block commits to: left out, retracted blocks' too.",
        ),
    ]
    reorgs: Annotated[int, Meta(title="reorgs", description="Reorgs of the chain that were retracted.")]
    deepest_reorg: Annotated[int, Meta(title="blocks", description="Depth of the deepest reorg.")]
    retracted_blocks: Annotated[int, Meta(title="blocks", description="Blocks that reorgs took back.")]
    retracted_logs: Annotated[int, Meta(title="event logs", description="Event logs of these blocks.")]
    read_back_logs: Annotated[
        int,
        Meta(
            title="event logs",
            description="Retracted event logs that were read back from Kafka and not remembered.",
        ),
    ]
    retries: Annotated[
        int, Meta(title="requests", description="How often the node or Kafka was asked again.")
    ]
    seconds: Annotated[float, Meta(title="seconds", description="Time since the attempt began.")]
    logs_per_second: Annotated[
        float, Meta(title="event logs/s", description="Event logs a second, from first fetch to last commit.")
    ]


class Counter(NamedTuple):
    """A number of :class:`Counts`, as programs and people read of it."""

    field: str
    name: str
    unit: str
    meaning: str


def _describe(field: msgspec.structs.FieldInfo) -> Counter:
    _, meta = typing.get_args(field.type)
    return Counter(field.name, field.encode_name, meta.title, meta.description)


COUNTERS = tuple(_describe(field) for field in msgspec.structs.fields(Counts))
"""Every number of a run: its name in JSON, its unit and what it means."""

"""All settings by name, so that a misspelt one is refused and the documentation lists every one."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping

from ethlogs.errors import SettingsError
from ethlogs.settings.backfill import BackfillOptions
from ethlogs.settings.kafka import KafkaOptions, KerberosOptions
from ethlogs.settings.metrics import DriverMetricsOptions, ExporterOptions
from ethlogs.settings.node import NodeOptions
from ethlogs.settings.option import HEADINGS, Declaration, Heading, OptionGroup, declarations
from ethlogs.settings.output import (
    CheckOptions,
    LagOptions,
    OfflineOptions,
    OutputOptions,
    StopOptions,
    TailOptions,
    TimeoutOptions,
    WatchOptions,
)
from ethlogs.settings.selection import SelectionOptions
from ethlogs.settings.stream import FollowSettings, HeightRange, RangeSettings, StreamSettings, TopicCreation
from ethlogs.settings.submission import (
    ApplicationOptions,
    ArchiveOptions,
    CleanOptions,
    EnvironmentOptions,
    RunFolderOptions,
    SparkSettings,
    StartOptions,
    YarnOptions,
)

GROUPS: tuple[type[OptionGroup], ...] = (
    NodeOptions,
    KafkaOptions,
    KerberosOptions,
    StreamSettings,
    TopicCreation,
    SelectionOptions,
    RangeSettings,
    HeightRange,
    FollowSettings,
    BackfillOptions,
    SparkSettings,
    YarnOptions,
    ApplicationOptions,
    StartOptions,
    CheckOptions,
    EnvironmentOptions,
    ArchiveOptions,
    OfflineOptions,
    TimeoutOptions,
    StopOptions,
    LagOptions,
    RunFolderOptions,
    CleanOptions,
    ExporterOptions,
    DriverMetricsOptions,
    OutputOptions,
    WatchOptions,
    TailOptions,
)
CONFIG_VARIABLE = "ETHLOGS_CONFIG"

# The lab that the project is tested with has its own variables.
_FOREIGN = "ETHLOGS_DEVNET_"


def settings_by_key() -> dict[str, Declaration]:
    """Return every setting by its key in ethlogs.toml."""
    return {
        declared.option.key: declared
        for group in GROUPS
        for declared in declarations(group)
        if declared.option.is_setting
    }


def settings_by_heading() -> dict[Heading, list[Declaration]]:
    """Return every setting below its heading, in the order of the documentation."""
    by_heading: dict[Heading, list[Declaration]] = {heading: [] for heading in HEADINGS}
    for declared in settings_by_key().values():
        by_heading[declared.heading].append(declared)
    return by_heading


def check_keys(keys: Iterable[str], file: str) -> None:
    """Refuse keys of ethlogs.toml that are not settings.

    Raises
    ------
    SettingsError
        When there is one, with the setting that was probably meant.
    """
    _check_names("key", keys, settings_by_key(), f" in {file}")


def check_variables(environment: Mapping[str, str]) -> None:
    """Refuse variables ``ETHLOGS_…`` that are not settings.

    Raises
    ------
    SettingsError
        When there is one, with the setting that was probably meant.
    """
    known = {declared.option.variable for declared in settings_by_key().values()} | {CONFIG_VARIABLE}
    names = [name for name in environment if name.startswith("ETHLOGS_")]
    _check_names("environment variable", [n for n in names if not n.startswith(_FOREIGN)], known, "")


def _check_names(what: str, names: Iterable[str], known: Collection[str], where: str) -> None:
    unknown = sorted(set(names) - set(known))
    if not unknown:
        return
    near = {name: difflib.get_close_matches(name, known, n=1) for name in unknown}
    suggestions = [f"{matches[0]} instead of {name}" for name, matches in near.items() if matches]
    raise SettingsError(
        f"unknown {what}{'s' if len(unknown) > 1 else ''}{where}: {', '.join(unknown)}",
        hint=f"did you mean {', '.join(suggestions)}?" if suggestions else "see the list in docs/settings.md",
    )

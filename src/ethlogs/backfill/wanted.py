"""The range of a backfill: the first and the last height that it fills, chosen once at its start."""

from __future__ import annotations

from collections.abc import Callable

from ethlogs.backfill.plan import followers_first
from ethlogs.errors import SettingsError
from ethlogs.notify import Notify
from ethlogs.settings.backfill import BackfillSettings
from ethlogs.stream.tail import Tail


def choose_range(
    wanted: BackfillSettings, follower: Tail, final_height: Callable[[], int], notify: Notify
) -> tuple[int, int]:
    """Return the heights that are asked for, both ends included.

    Parameters
    ----------
    final_height : asks the node for the highest final height; not called where the range does not need it.

    Raises
    ------
    SettingsError
        When ``--from`` is above every height that the backfill may fill, or that can be filled now.
    """
    first = wanted.first or 0
    own = followers_first(follower)
    if own is None:
        last = wanted.to if wanted.to is not None else final_height()
    else:
        # What is above belongs to the follower whatever is asked for, so it is not called missing or done.
        highest = follower.tip.block_number if follower.tip is not None else own - 1
        last = highest if wanted.to is None else min(wanted.to, highest)
    if wanted.first is not None and last < first:
        if own is not None:
            raise SettingsError(
                f"--from {first} is above block {last}: what lies there is the follower's",
                hint="ethlogs produce continues after its tip; give a block at or below this one",
            )
        raise SettingsError(
            f"--from {first} is above block {last}, the last one that is final now",
            hint="give a block at or below it, or --to to wait until such blocks are final",
        )
    if own is not None and wanted.to is not None and wanted.to >= own:
        notify(f"block {own} and what follows it are the follower's, except gaps below its tip")
    return first, last

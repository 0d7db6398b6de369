"""The selection of a block's event logs, and of the blocks that cannot have any of them."""

from ethlogs.selection.bloom import BloomExclusion
from ethlogs.selection.record import SelectionRecord, describe_selection
from ethlogs.selection.selected import Selection

__all__ = ["BloomExclusion", "Selection", "SelectionRecord", "describe_selection"]

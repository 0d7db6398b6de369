"""Which event logs of a block a stream has, and which blocks cannot have any of them."""

from ethlogs.selection.bloom import BloomExclusion
from ethlogs.selection.record import SelectionRecord, describe_selection
from ethlogs.selection.selected import Selection

__all__ = ["BloomExclusion", "Selection", "SelectionRecord", "describe_selection"]

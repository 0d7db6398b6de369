"""Following a chain: plan the range, fetch ahead, prove, and commit block by block."""

from ethlogs.follow.run import follow_chain

__all__ = ["follow_chain"]

"""A conda channel of this machine's own Python."""

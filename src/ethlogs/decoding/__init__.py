"""Decoding of event logs by the ABI of their contract: the event, and the values of its parameters."""

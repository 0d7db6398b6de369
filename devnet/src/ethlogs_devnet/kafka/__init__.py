"""The brokers, open and secured."""

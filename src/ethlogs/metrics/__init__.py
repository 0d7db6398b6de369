"""Prometheus metrics: of streams, read from outside, and of a run, told by its driver."""

"""Throughput, latency and proof of ethlogs, measured beside peers; ``make bench`` runs them."""

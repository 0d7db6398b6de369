"""Kafka: client settings, topics, reading the ledger's tail, and writing in transactions."""

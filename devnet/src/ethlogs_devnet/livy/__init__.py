"""Livy, the REST server through which batches are submitted, open and secured."""

"""Livy, the REST server through which some clusters take applications: batches, and no sessions."""

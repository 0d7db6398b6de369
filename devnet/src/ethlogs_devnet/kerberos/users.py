"""The two people of a secured devnet, each with a principal, passwords and a certificate; and a server."""

USER = "ethlogs"
"""Who runs ethlogs: may use what a run needs."""
VISITOR = "visitor"
"""Who can log in everywhere and has no rights on Kafka."""
PEOPLE = (USER, VISITOR)
LIVY = "livy"
"""The server that submits for both, and may act for nobody else."""

"""The node: a geth whose blocks are made by whoever holds it."""

"""anvil, a node that is not geth: what other clients answer differently is met for real."""

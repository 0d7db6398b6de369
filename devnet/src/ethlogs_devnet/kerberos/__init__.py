"""A separate realm."""

"""A realm of its own."""

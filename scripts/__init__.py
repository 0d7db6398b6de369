"""The demos, and what writes generated pages."""

"""A run as driver and submitter both see it: its folder, its attempts, its journal, its report."""

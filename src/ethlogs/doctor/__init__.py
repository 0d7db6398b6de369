"""Every thing that a run depends on, looked at one after the other in the order in which a run needs it."""

"""Runs from Python: started, found again, watched and stopped; in Jupyter they show themselves."""

from ethlogs.notebook.finding import attach, runs
from ethlogs.notebook.run import Run
from ethlogs.notebook.starting import submit

__all__ = ["Run", "attach", "runs", "submit"]

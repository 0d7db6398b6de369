"""The command line: ``ethlogs COMMAND``."""

from ethlogs.cli.main import main

__all__ = ["main"]

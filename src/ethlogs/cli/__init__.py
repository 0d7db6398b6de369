"""The command line: ``ethlogs COMMAND``."""

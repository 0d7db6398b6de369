"""Spark's launcher: finding Java and spark-submit, building its command line, running it."""

"""The process that spark-submit starts, or YARN in a container: it runs one job and reports."""

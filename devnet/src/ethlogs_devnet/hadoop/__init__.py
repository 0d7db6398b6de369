"""HDFS and YARN, open and secured, in one process."""

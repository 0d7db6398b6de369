"""HDFS and YARN through one JVM on Spark's own jars: no ``hdfs`` or ``yarn`` command is needed."""

from ethlogs.hadoop.applications import Application, Applications
from ethlogs.hadoop.client import Hadoop, open_hadoop
from ethlogs.hadoop.hdfs import HdfsFiles

__all__ = ["Application", "Applications", "Hadoop", "HdfsFiles", "open_hadoop"]

"""A driver's log is shown without what Spark says before its level can be set.

How it is read from a cluster is shown in tests/integration/yarn.
"""

from __future__ import annotations

from ethlogs.submission.driver_log import without_sparks_talk

TALK = """\
26/11/26 13:28:21 INFO ApplicationMaster:
===============================================================================
Default YARN executor launch context:
  env:
    PYTHONPATH -> {{PWD}}
===============================================================================

26/11/26 13:28:22 DEBUG Configuration: resource-types.xml not found
"""
OURS = """\
2026-11-26 13:28:23,552 INFO ethlogs.journal the driver is up, with Spark 4.3.0
2026-11-26 13:33:44,181 WARNING ethlogs.driver the node is gone
Traceback (most recent call last):
  File "driver.py", line 152, in run_driver

"""
SPARKS = """\
26/11/26 13:27:43 WARN NativeCodeLoader: Unable to load native-hadoop library
26/11/26 13:27:44 ERROR ApplicationMaster: Uncaught exception
java.lang.IllegalStateException: no
\tat org.apache.spark.Driver.main(Driver.java:1)
"""


def test_the_lines_of_ethlogs_and_the_warnings_of_spark_are_shown() -> None:
    assert without_sparks_talk(OURS + TALK + SPARKS + TALK + OURS) == OURS + SPARKS + OURS
    assert without_sparks_talk(TALK) == ""


def test_an_exception_that_comes_after_other_talk_is_shown_whole() -> None:
    exception = 'Exception in thread "main" java.lang.Error\n\tat Main.main(Main.java:1)\n'
    assert without_sparks_talk(TALK + exception) == exception

"""A driver's log is shown without what Spark says before its level can be set.

How it is read from a cluster is shown in tests/integration/yarn.
"""

from __future__ import annotations

from ethlogs.submission.driver_log import FollowedLog, without_sparks_talk

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
2026-11-26 13:28:23,552 INFO ethlogs.run.journal the driver is up, with Spark 4.3.0
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


def test_each_file_of_a_log_that_grows_is_shown_once_and_in_whole_lines() -> None:
    log = FollowedLog(without_sparks_talk)
    talk, begun, rest = (
        "26/11/26 13:28:21 INFO SparkContext: up\n",
        "26/11/26 13:28:22 WA",
        "RN Spark: slow\n",
    )
    assert log.read_news({"stderr": talk + begun}) == ""
    assert log.read_news({"stderr": talk + begun, "stdout": "one\n"}) == "one\n"
    assert log.read_news({"stderr": talk + begun + rest, "stdout": "one\ntwo\n"}) == begun + rest + "two\n"
    assert log.read_news({}) == ""
    assert log.read_news({"stderr": talk + begun + rest, "stdout": "one\ntwo\n"}) == ""


def test_the_log_of_another_attempt_is_shown_from_its_beginning() -> None:
    log = FollowedLog(str)
    assert log.read_news({"stdout": "the first\n"}) == "the first\n"
    assert log.read_news({"stdout": "the second\n"}) == "the second\n"

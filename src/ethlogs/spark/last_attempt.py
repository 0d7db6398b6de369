"""The number of the last attempt, as Spark's application master on YARN takes it: none, until the run ends.

YARN forgets attempts that were lost long ago (``spark.yarn.am.attemptFailuresValidityInterval``): a run of
months has more of them than ``--max-app-attempts``. The application master counts them all. The attempt that
it takes for the last gives the application up when it is ended from outside, and deletes what the next one
needs, though YARN would start it. So it compares with a property of its JVM, which the driver sets last.
"""

from __future__ import annotations

from typing import Any

_PROPERTY = "ethlogs.lastAttempt"
_NEVER = 2**31 - 1
_CLUSTERS = "spark.hadoop.yarn.resourcemanager.am.max-attempts"
MAX_ATTEMPTS = "spark.yarn.maxAppAttempts"
MASTERS_JAVA = f"-D{_PROPERTY}={_NEVER}"
"""The option of the application master's JVM, with which the driver shares it."""


def build_attempts_conf(attempts: str | None, *, is_remote: bool) -> dict[str, str]:
    """Return how often YARN starts the driver, for spark-submit; ``None`` leaves it to the cluster.

    Hadoop and Spark put the property's value in where they read a setting: spark-submit's JVM has the number
    for YARN (:func:`submit_java`). A ``is_remote`` one has not, and its number counts for both.
    """
    conf = {_CLUSTERS: f"${{{_PROPERTY}}}"}
    if attempts is not None:
        conf[MAX_ATTEMPTS] = attempts if is_remote else f"${{system:{_PROPERTY}}}"
    return conf


def submit_java(attempts: str | None) -> list[str]:
    """Return the option of spark-submit's JVM with which it asks YARN for so many attempts."""
    return [] if attempts is None else [f"-D{_PROPERTY}={attempts}"]


def give_no_more_attempts(spark: Any) -> None:
    """Have the application master take this attempt for the last: it deletes its files and ends the run.

    ``spark`` is the SparkContext of a driver in the application master's JVM.
    """
    spark._jvm.java.lang.System.setProperty(_PROPERTY, "0")

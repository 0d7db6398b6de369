"""The queue of a run: there, and open to this user, before anything is uploaded for it."""

from __future__ import annotations

from collections.abc import Mapping

from ethlogs.errors import NotAuthorizedError, SubmissionError
from ethlogs.hadoop.applications import Applications, Queue
from ethlogs.settings.submission import SparkSettings, YarnOptions

_CONF = "spark.yarn.queue"
_SPARKS_DEFAULT = "default"


def choose_queue(yarn: YarnOptions, spark: SparkSettings, configured: Mapping[str, str]) -> str:
    """Return the queue that spark-submit asks for; ``configured`` is what Spark's properties file says."""
    return find_queue(yarn, spark, configured) or _SPARKS_DEFAULT


def find_queue(yarn: YarnOptions, spark: SparkSettings, configured: Mapping[str, str]) -> str | None:
    """Return the queue that is named here; ``None`` where it is left to whoever submits, as Livy's Spark."""
    asked = {**configured, **dict(spark.conf)}
    return yarn.queue or asked.get(_CONF) or None


def check_queue(applications: Applications, name: str, user: str) -> Queue:
    """Return the queue.

    Raises
    ------
    SubmissionError
        When there is none of that name.
    NotAuthorizedError
        When this user may not submit to it.
    """
    queue = applications.describe_queue(name)
    if queue is None:
        raise SubmissionError(
            f"unknown queue: {name}", hint=f"the queues are: {', '.join(applications.queue_names())}"
        )
    if not applications.may_submit(name):
        raise NotAuthorizedError(
            f"{user} does not have permission to submit to the queue {name}",
            hint=f"ask for SUBMIT_APPLICATIONS on the queue {name}, or give another --queue",
        )
    return queue


def refuse_queue(applications: Applications, name: str, user: str) -> None:
    """Refuse what YARN would refuse after everything is uploaded.

    A queue that is not there is left to YARN where it may make one: by a scheduler other than Capacity, or
    below another queue.

    Raises
    ------
    SubmissionError, NotAuthorizedError
        As :func:`check_queue`.
    """
    if applications.describe_queue(name) is None and ("." in name or not applications.has_fixed_queues()):
        return
    check_queue(applications, name, user)

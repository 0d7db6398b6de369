"""The SparkContext of this process, begun early: Java builds it while Python still loads the driver.

A context and not a session: of a session's classes none is used here, and loading them costs Spark 4 more
time than everything else of its start.
"""

from __future__ import annotations

import re
import threading
import warnings
from concurrent.futures import Future
from typing import Any

from ethlogs.errors import SubmissionError

_PACKAGE = re.compile(r"^(?:Caused by: )?(?:[\w$]+\.)*(?=[\w$]+(?:Exception|Error)\b)")

_begun: Future[Any] | None = None


def begin_context() -> None:
    """Build the context on a thread; :func:`get_context` waits for it."""
    global _begun
    begun: Future[Any] = Future()
    _begun = begun

    def build() -> None:
        try:
            begun.set_result(_build_context())
        except BaseException as exc:  # noqa: BLE001 - raised again where the context is needed
            begun.set_exception(exc)

    threading.Thread(target=build, name="SparkContext", daemon=True).start()


def get_context() -> Any:
    """Return the context, whose name is the one that was submitted.

    Raises
    ------
    SubmissionError
        When Spark cannot build it, as with a wrong value among its settings.
    """
    return _build_context() if _begun is None else _begun.result()


def _build_context() -> Any:
    from pyspark import SparkContext

    # In a container it looks for --py-files where they were on the submitter's machine, too.
    warnings.filterwarnings("ignore", "Failed to add file", RuntimeWarning)
    try:
        context = SparkContext.getOrCreate()
    except Exception as exc:
        raise SubmissionError(
            f"Spark cannot be started: {find_reason(str(exc))}",
            hint="is there a wrong value in --master, --conf, --properties-file or spark-defaults.conf?",
        ) from exc
    if context.getConf().get("spark.log.level") is None:
        # Else a hundred of Spark's lines stand between two of ethlogs.
        context.setLogLevel("WARN")
    return context


def find_reason(text: str) -> str:
    """Return the sentence of the innermost exception, out of Java's trace."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("\tat ", "\t... "))]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    # Py4J's first line names the call; the exception follows it.
    named = causes[-1:] or lines[1:2] or lines or ["no reason given"]
    return _PACKAGE.sub("", named[0].removeprefix(": "))

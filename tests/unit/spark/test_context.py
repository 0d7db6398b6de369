"""The SparkContext is begun early and waited for where it is needed; a fake: a real one takes seconds."""

from __future__ import annotations

import threading

import pytest

from ethlogs.errors import SubmissionError
from ethlogs.spark import context


@pytest.fixture(autouse=True)
def nothing_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "_begun", None)


def test_a_context_that_was_begun_is_the_one_that_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    go_on = threading.Event()

    def build() -> object:
        go_on.wait(10)
        built.append(threading.current_thread().name)
        return built

    monkeypatch.setattr(context, "_build_context", build)
    context.begin_context()
    assert built == [], "whoever begins it does not wait"
    go_on.set()
    assert context.get_context() is context.get_context() is built
    assert built == ["SparkContext"]


def test_a_context_that_was_not_begun_is_built_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "_build_context", lambda: threading.current_thread().name)
    assert context.get_context() == threading.current_thread().name


JAVA = """An error occurred while calling None.org.apache.spark.api.java.JavaSparkContext.
: org.apache.spark.SparkException: Could not parse Master URL: 'local[abc]'
\tat org.apache.spark.SparkContext$.createTaskScheduler(SparkContext.scala:3415)
"""
NESTED = (
    JAVA
    + """Caused by: java.lang.IllegalStateException
\t... 14 more
Caused by: java.lang.ClassNotFoundException: nope
\tat java.base/java.lang.Class.forName0(Native Method)
\t... 15 more
"""
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (JAVA, "SparkException: Could not parse Master URL: 'local[abc]'"),
        (NESTED, "ClassNotFoundException: nope"),
        (
            "[JAVA_GATEWAY_EXITED] Java gateway process exited",
            "[JAVA_GATEWAY_EXITED] Java gateway process exited",
        ),
        ("", "no reason given"),
    ],
)
def test_a_setting_that_spark_does_not_take_is_not_a_defect_of_ethlogs(
    monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    def refuse() -> object:
        raise RuntimeError(text)

    monkeypatch.setattr("pyspark.SparkContext.getOrCreate", refuse)
    with pytest.raises(SubmissionError, match=r"^Spark cannot be started: ") as caught:
        context.get_context()
    assert str(caught.value).endswith(f": {reason}")
    assert "--conf" in (caught.value.hint or "")


def test_why_it_could_not_be_built_is_raised_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> object:
        raise RuntimeError("no such master")

    monkeypatch.setattr(context, "_build_context", fail)
    context.begin_context()
    with pytest.raises(RuntimeError, match="no such master"):
        context.get_context()

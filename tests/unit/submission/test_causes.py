"""The line of a driver's output that says why it ended."""

from __future__ import annotations

import pytest

from ethlogs.submission.causes import find_cause, find_reason

TRACE = [f"\tat org.apache.spark.deploy.SparkSubmit.run(SparkSubmit.scala:{line})" for line in range(30)]
NO_PROGRAM = (
    'Exception in thread "main" java.io.IOException: Cannot run program "/opt/anaconda/bin/python": error=2,'
    " No such file or directory"
)
NO_MODULE = "ModuleNotFoundError: No module named 'ethlogs'"


def test_the_reason_is_the_first_exceptions() -> None:
    assert (
        find_reason('INFO x\nException in thread "main" a.b.CException: d.EError: why\nCaused by: f') == "why"
    )
    assert find_reason("INFO x") == ""


def test_the_reason_is_that_of_the_cause_where_the_exception_around_it_has_no_sentence() -> None:
    around = 'Exception in thread "main" java.lang.reflect.UndeclaredThrowableException'
    cause = "Caused by: a.b.YarnException: c.AccessControlException: User me does not have permission"
    assert find_reason("\n".join([around, *TRACE, cause])) == "User me does not have permission"
    assert find_reason(around) == "java.lang.reflect.UndeclaredThrowableException"


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        (["WARN a warning", NO_PROGRAM, *TRACE], NO_PROGRAM),
        (["Traceback (most recent call last):", '  File "x"', NO_MODULE, *TRACE], NO_MODULE),
        (["a.b.SomeError: of a package", *TRACE], "a.b.SomeError: of a package"),
        (["WARN Utils: an Error: in a sentence", "Error", *TRACE], None),
        ([], None),
    ],
)
def test_the_line_with_the_cause_is_found_above_the_last_lines(lines: list[str], cause: str | None) -> None:
    assert find_cause("\n".join(lines), lines[-15:]) == cause


def test_a_cause_among_the_lines_that_are_shown_is_not_said_twice() -> None:
    assert find_cause(NO_MODULE, [f"    {NO_MODULE}"]) is None

"""The last attempt's number; how Spark reads it is in tests/integration/yarn/test_lost_containers.py."""

from __future__ import annotations

import pytest

from ethlogs.spark.last_attempt import build_attempts_conf, submit_java


@pytest.mark.parametrize(
    ("attempts", "is_remote", "asked"),
    [
        (None, False, None),
        ("4", False, "${system:ethlogs.lastAttempt}"),
        (None, True, None),
        ("4", True, "4"),
    ],
)
def test_the_application_master_reads_a_property_and_yarn_a_number(
    attempts: str | None, is_remote: bool, asked: str | None
) -> None:
    conf = build_attempts_conf(attempts, is_remote=is_remote)
    assert conf.pop("spark.hadoop.yarn.resourcemanager.am.max-attempts") == "${ethlogs.lastAttempt}"
    assert conf == ({} if asked is None else {"spark.yarn.maxAppAttempts": asked})


def test_spark_submit_has_the_number_that_is_asked_for() -> None:
    assert submit_java("4") == ["-Dethlogs.lastAttempt=4"]
    assert submit_java(None) == []

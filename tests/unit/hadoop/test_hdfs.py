"""A file on HDFS that is replaced while it is read: a fake, a real one is caught once in hours."""

from __future__ import annotations

import pytest

from ethlogs.errors import HadoopError
from ethlogs.hadoop.errors import ReplacedError, to_ethlogs_error
from ethlogs.hadoop.hdfs import HdfsFiles


class Replaced(HdfsFiles):
    """Its file is replaced during the first reads."""

    def __init__(self, times: int) -> None:
        self._times = times

    def _read_once(self, path: str) -> bytes | None:
        self._times -= 1
        if self._times >= 0:
            raise to_ethlogs_error([("IOException", f"Blocklist for {path} has changed!")], f"reading {path}")
        return b"whole"


def test_a_file_that_is_replaced_while_it_is_read_is_read_anew() -> None:
    assert Replaced(2).read("/progress.json") == b"whole"


def test_one_that_is_replaced_each_time_is_told() -> None:
    with pytest.raises(ReplacedError, match="has changed"):
        Replaced(99).read("/progress.json")


def test_what_is_no_replacement_is_not_asked_again() -> None:
    assert type(to_ethlogs_error([("IllegalStateException", "")], "reading")) is HadoopError

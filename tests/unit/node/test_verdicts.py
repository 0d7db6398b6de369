"""The tables that decide what an answer of a node means."""

from __future__ import annotations

import pytest

from ethlogs.node.verdicts import ERRORS, STATUSES, ErrorRow, StatusRow, Verdict, judge_error, judge_status


@pytest.mark.parametrize("row", [*ERRORS, *STATUSES])
def test_each_row_names_its_source(row: ErrorRow | StatusRow) -> None:
    assert row.source


@pytest.mark.parametrize("row", ERRORS)
def test_each_row_of_an_error_is_about_something(row: ErrorRow) -> None:
    assert row.codes or row.words
    assert all(word == word.lower() for word in row.words)


@pytest.mark.parametrize("row", ERRORS)
def test_each_row_of_an_error_can_be_reached(row: ErrorRow) -> None:
    code = row.codes[0] if row.codes else None
    assert judge_error(code, row.words[0] if row.words else "", "eth_getBlockReceipts") is row


def test_no_status_is_in_two_rows() -> None:
    statuses = [status for row in STATUSES for status in row.statuses]
    assert len(set(statuses)) == len(statuses)


def test_what_the_tables_do_not_know_may_pass() -> None:
    assert judge_error(-32768, "what is this", "eth_getLogs") is None
    assert judge_status(599).verdict is Verdict.TRANSIENT

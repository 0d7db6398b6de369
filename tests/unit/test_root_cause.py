"""The root of a wrapped error, and its words."""

from __future__ import annotations

import requests
from urllib3.exceptions import MaxRetryError

from ethlogs.root_cause import find_root, to_text


def test_the_root_is_found_through_reasons_and_causes_and_has_no_url() -> None:
    refused = ConnectionRefusedError(111, "Connection refused")
    retried = MaxRetryError(None, "/TOKEN", refused)  # type: ignore[arg-type]  # the pool is only shown
    wrapped = requests.exceptions.ConnectionError(retried)
    wrapped.__context__ = retried
    assert find_root(wrapped) is refused
    assert to_text(refused) == "Connection refused"


def test_an_error_without_words_is_named_by_its_class() -> None:
    assert to_text(TimeoutError()) == "TimeoutError"

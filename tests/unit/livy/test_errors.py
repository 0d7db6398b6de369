"""A certificate that is not accepted, and URLs that requests does not take."""

from __future__ import annotations

import ssl

import requests

from ethlogs.errors import LivyError, SettingsError
from ethlogs.livy.errors import build_contact_error


def test_a_certificate_of_an_unknown_authority_names_the_setting() -> None:
    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_message = "self-signed certificate"
    wrapped = requests.exceptions.SSLError("url with everything in it")
    wrapped.__cause__ = cause
    error = build_contact_error(wrapped, "https://livy", 30.0)
    assert type(error) is LivyError
    assert str(error) == (
        "the TLS certificate of Livy at https://livy was not accepted: self-signed certificate"
    )
    assert str(error.hint).startswith("give --livy-ca-file")


def test_a_url_that_cannot_be_used_is_a_wrong_setting() -> None:
    error = build_contact_error(requests.exceptions.InvalidURL("secret"), "http://livy", 30.0)
    assert type(error) is SettingsError
    assert "secret" not in str(error)

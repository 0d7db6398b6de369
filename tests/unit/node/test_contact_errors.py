"""Failed contacts over TCP: which may pass, and which are final."""

from __future__ import annotations

import ssl

import pytest
import requests
import urllib3.exceptions

from ethlogs.errors import EthlogsError, NodeRefusedError, NodeUnavailableError, SettingsError
from ethlogs.node.contact_errors import mapped_contact_errors


def certificate_error() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("raised", "kind", "words"),
    [
        (requests.exceptions.InvalidURL("no"), SettingsError, "cannot be used"),
        (TimeoutError(), NodeUnavailableError, "did not answer within 5 seconds"),
        (urllib3.exceptions.TimeoutError(), NodeUnavailableError, "did not answer within 5 seconds"),
        (ConnectionRefusedError(111, "Connection refused"), NodeUnavailableError, "cannot be reached"),
        (requests.exceptions.ConnectionError("reset"), NodeUnavailableError, "cannot be reached"),
        (certificate_error(), NodeRefusedError, "certificate of node geth was not accepted"),
        (ssl.SSLError(1, "wrong version number"), NodeUnavailableError, "TLS connection to node geth failed"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_a_failed_contact_is_an_error_of_the_node(
    raised: Exception, kind: type[EthlogsError], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught, mapped_contact_errors("geth", 5.0):
        raise raised
    assert type(caught.value) is kind


def test_without_a_known_limit_no_seconds_are_named() -> None:
    with (
        pytest.raises(NodeUnavailableError, match="node geth did not answer in time"),
        mapped_contact_errors("geth"),
    ):
        raise requests.exceptions.ReadTimeout("Read timed out")


def test_an_answer_with_an_http_error_is_named_by_its_status_without_the_url() -> None:
    response = requests.Response()
    response.status_code = 401
    with pytest.raises(NodeUnavailableError) as caught, mapped_contact_errors("geth"):
        raise requests.exceptions.HTTPError("401 for url: http://geth/v3/t0ken", response=response)
    assert str(caught.value) == "node geth answered with HTTP status 401"


def test_a_port_that_does_not_speak_tls_is_named_as_such() -> None:
    with pytest.raises(NodeUnavailableError) as caught, mapped_contact_errors("geth", 5.0):
        raise ssl.SSLError(1, "WRONG VERSION NUMBER")
    assert "does this port speak TLS" in (caught.value.hint or "")


def test_an_error_that_is_not_of_a_contact_passes_through() -> None:
    with pytest.raises(KeyError), mapped_contact_errors("geth", 5.0):
        raise KeyError("defect")

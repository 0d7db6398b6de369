"""Errors of Livy, mapped to those of :mod:`ethlogs.errors`."""

from __future__ import annotations

import re
import ssl
from html import unescape

import msgspec
import requests

from ethlogs import root_cause
from ethlogs.errors import (
    EthlogsError,
    LivyError,
    LivyUnavailableError,
    NotAuthorizedError,
    SettingsError,
)

_CHARACTERS = 400
_TOO_MANY = "too many sessions"
DUPLICATE = "Duplicate session name"
_REASONS = {
    "cannot be added to user sessions": (
        "only files on HDFS can be given through Livy, or those below its livy.file.local-dir-whitelist:"
        " look at --conf and spark-defaults.conf"
    ),
    "Blacklisted configuration": "Livy does not allow these settings: leave them out",
    "CSRF protection": "is there a gateway that removes the header X-Requested-By?",
}
"""What a refusal says, and what to do."""
_HTML = re.compile(r"<pre>(.*?)</pre>|<title>(.*?)</title>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def to_text(answer: requests.Response) -> str:
    """Return what an answer says in words: Livy's message, a JSON text, or the sentence of a page."""
    try:
        value = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, RecursionError):
        found = [text for match in _HTML.findall(answer.text) for text in match if text.strip()]
        value = found[-1] if found else answer.text
    if isinstance(value, dict):
        value = value.get("msg", value)
    words = " ".join(unescape(_TAG.sub(" ", str(value))).split())
    return words[:_CHARACTERS] or answer.reason or "no reason given"


def build_refusal(status: int, text: str, server: str) -> EthlogsError:
    """Return the error of an answer with an HTTP status that is not a success."""
    what = f"Livy at {server} refused (HTTP {status}): {text}"
    if status == requests.codes.forbidden:
        hint = "ask for that right: livy.server.access-control, or livy.superusers to act for others"
        return NotAuthorizedError(what, hint=hint)
    if status >= requests.codes.internal_server_error:
        return LivyUnavailableError(
            f"Livy at {server} failed (HTTP {status}): {text}", hint="its log says more; is it starting?"
        )
    if _TOO_MANY in text:
        return LivyUnavailableError(what, hint="try again when others' submissions have ended")
    if status == requests.codes.not_found or status < requests.codes.bad_request:
        return LivyError(
            what, hint="is --livy-url the URL of Livy, with its path where it is behind a gateway?"
        )
    return LivyError(what, hint=next((hint for sign, hint in _REASONS.items() if sign in text), None))


def build_contact_error(exc: BaseException, server: str, seconds: float) -> EthlogsError:
    """Return the error of a request without an answer; the texts of requests repeat the URL."""
    if isinstance(exc, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return SettingsError(
            f"--livy-url {server} cannot be used",
            hint="give --livy-url as http://HOST:8998 or https://HOST/PATH",
            flag="--livy-url",
        )
    if isinstance(exc, requests.exceptions.Timeout):
        return LivyUnavailableError(
            f"Livy at {server} did not answer within {seconds:g} seconds",
            hint="is it well, and is --livy-url right?",
        )
    cause = root_cause.find_root(exc)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return LivyError(
            f"the TLS certificate of Livy at {server} was not accepted: {cause.verify_message}",
            hint="give --livy-ca-file, the file of the company's CA certificates",
        )
    return LivyUnavailableError(
        f"Livy at {server} cannot be reached: {root_cause.to_text(cause)}",
        hint="is it running, and is --livy-url right?",
    )

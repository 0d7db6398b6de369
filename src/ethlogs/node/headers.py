"""The headers of ``--node-header-file``, and which node URLs get them: they hold a token.

Authorization: Bearer TOKEN        to the first --node-url, and to others of its host
[https://other.example.com]
Authorization: Bearer OTHER        to --node-url of other.example.com
"""

from __future__ import annotations

import re
from base64 import b64encode
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from ethlogs.errors import SettingsError
from ethlogs.settings import NodeSettings

Headers = tuple[tuple[str, str], ...]
HostHeaders = tuple[tuple[str, str, str], ...]

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token of RFC 9110."""

_TOKEN_CHARACTERS = 12
"""A shorter part of a path or query is more likely a word, like v3 or mainnet."""
_PASSWORD_CHARACTERS = 6
"""A shorter one may be a part of any word, and hides nothing."""
_PARTS = re.compile(r"[/?&=;]")

_TLS = ("https", "wss")
_HOST_LINE = re.compile(r"\[((?:https?|wss?)://[^/\s]+)/?]")


def parse_headers(text: str, source: str) -> tuple[Headers, HostHeaders]:
    """Read the file's headers: those of the first URL's host, and those of other hosts.

    No line of it is repeated in an error.

    Raises
    ------
    SettingsError
        For a line of another form.
    """
    headers: list[tuple[str, str]] = []
    host_headers: list[tuple[str, str, str]] = []
    origin: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        host_line = _HOST_LINE.fullmatch(line.strip())
        if host_line is not None:
            origin = _parse_origin(host_line[1], number, source)
        elif line.strip():
            name, value = _parse_header(line, number, source)
            if origin is None:
                headers.append((name, value))
            else:
                host_headers.append((origin, name, value))
    return tuple(headers), tuple(host_headers)


def _parse_origin(text: str, number: int, source: str) -> str:
    try:
        if urlsplit(text).hostname and "@" not in text:
            return text
    except ValueError:
        pass
    raise _wrong_line(number, source)


def _parse_header(line: str, number: int, source: str) -> tuple[str, str]:
    name, separator, value = line.partition(":")
    if not separator or not _HEADER_NAME.fullmatch(name) or not value.strip().isprintable():
        raise _wrong_line(number, source)
    if not value.isascii():
        raise SettingsError(
            f"{source}: the value in line {number} has a character that is not ASCII",
            hint="HTTP headers are ASCII; was the token copied with a typographic quote or blank?",
        )
    return name, value.strip()


def _wrong_line(number: int, source: str) -> SettingsError:
    return SettingsError(
        f"{source}: line {number} is not of the form Name: value",
        hint="like Authorization: Bearer TOKEN; before the headers of another host write [https://HOST]",
    )


def headers_for(url: str, settings: NodeSettings) -> Headers:
    """The headers that the user meant for ``url``.

    What is meant for an https or wss URL never goes to an http or ws one.
    """
    if settings.urls and _reaches(settings.urls[0], url):
        return settings.headers
    return tuple((name, value) for origin, name, value in settings.host_headers if _reaches(origin, url))


def request_headers(url: str, settings: NodeSettings) -> Headers:
    """The headers of each request to ``url``: a user or password in it comes before the file's Authorization.

    A user without a password is a token to some services.
    """
    headers, parts = headers_for(url, settings), urlsplit(url)
    if not (parts.username or parts.password):
        return headers
    credentials = unquote_to_bytes(parts.username or "") + b":" + unquote_to_bytes(parts.password or "")
    others = tuple((name, value) for name, value in headers if name.lower() != "authorization")
    return (*others, ("Authorization", f"Basic {b64encode(credentials).decode()}"))


def secrets_of(url: str, settings: NodeSettings) -> tuple[str, ...]:
    """Return the parts of the URL and of its headers that may be secrets, as an answer may repeat them."""
    parts = urlsplit(url)
    texts = [text for text in _PARTS.split(f"{parts.path}?{parts.query}") if len(text) >= _TOKEN_CHARACTERS]
    credentials = [parts.password or parts.username or ""]
    for _, value in request_headers(url, settings):
        credentials += [value, value.rpartition(" ")[2]]
    texts += [text for text in credentials if len(text) >= _PASSWORD_CHARACTERS]
    found = {form for text in texts for form in (text, unquote(text))}
    return tuple(sorted(found, key=len, reverse=True))


def _reaches(meant: str, url: str) -> bool:
    wanted, asked = urlsplit(meant), urlsplit(url)
    return wanted.hostname == asked.hostname and (asked.scheme in _TLS or wanted.scheme not in _TLS)

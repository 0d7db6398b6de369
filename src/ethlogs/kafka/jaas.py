"""``sasl.jaas.config``: the login module and its options, as Kafka's clients parse the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ethlogs.errors import SettingsError

_FLAGS = ("required", "requisite", "sufficient", "optional")
_COMMENT = r"//[^\n]*|/\*.*?\*/"
_TOKEN = re.compile(
    rf"""(?P<skipped>\s+|{_COMMENT})|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'"""
    r"""|(?P<sign>[=;])|(?P<word>[^\s=;"']+)""",
    re.DOTALL,
)
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "b": "\b"}


@dataclass(frozen=True)
class JaasEntry:
    """One login module with its options, which may hold a password."""

    module: str
    options: dict[str, str] = field(default_factory=dict, repr=False)


def parse_jaas(text: str, where: str) -> JaasEntry:
    """Parse ``MODULE required name="value" …;``.

    Raises
    ------
    SettingsError
        When the text is not of that form. It is not repeated: it holds a password.
    """
    tokens = _split(text)
    if tokens is None or len(tokens) < 3 or tokens[-1] != ";" or tokens[1].lower() not in _FLAGS:
        raise _not_of_the_form(where)
    module, options = tokens[0], tokens[2:-1]
    if len(options) % 3 or any(sign != "=" for sign in options[1::3]) or ";" in options[::3]:
        raise _not_of_the_form(where)
    return JaasEntry(module, dict(zip(options[::3], options[2::3], strict=True)))


def _split(text: str) -> list[str] | None:
    """The words, values and signs; ``None`` where a quote is not closed."""
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        position = match.end()
        quoted = match["double"] if match["double"] is not None else match["single"]
        if quoted is not None:
            tokens.append(re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), quoted, flags=re.DOTALL))
        elif match["skipped"] is None:
            tokens.append(match[0])
    return tokens


def _not_of_the_form(where: str) -> SettingsError:
    return SettingsError(
        f"{where}: sasl.jaas.config is not of the form"
        ' MODULE required name="value" …; (one module, with the semicolon)'
    )

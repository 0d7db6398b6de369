"""The root cause of a failed contact: libraries wrap a network error several times."""

from __future__ import annotations

from ethlogs.one_line import to_one_line


def find_root(exc: BaseException) -> BaseException:
    """Return the error that all others wrap."""
    cause = exc
    while True:
        reason = getattr(cause, "reason", None)
        following = reason if isinstance(reason, BaseException) else cause.__cause__ or cause.__context__
        if following is None:
            return cause
        cause = following


def to_text(cause: BaseException) -> str:
    """Return what a root cause says: it has not the URL that its wrappers repeat."""
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return to_one_line(text)

"""The root cause of a failed contact: libraries wrap a network error several times."""

from __future__ import annotations


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
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__

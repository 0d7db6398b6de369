"""Texts without the secrets that URLs of channels and package indexes may hold."""

from __future__ import annotations

import re

_LOGIN = re.compile(r"(?<=://)(?:[^/@\s\"']+(?:@[^/@\s\"']+)*|[^/:@\s\"']+:(?!\d+/)[^@\s\"']+)(?=@)")
"""Also with an unquoted @ or / in the password, which makes no valid URL and is a secret all the same."""
_CONDA_TOKEN = re.compile(r"(?<=/t/)[^/\s\"']+")
"""Anaconda's way: ``https://host/t/TOKEN/channel``."""
_QUERY_TOKEN = re.compile(r"((?:token|key|password|sig|signature)=)[^&\s\"']+", re.IGNORECASE)
_HIDDEN = "…"


def redact(text: str) -> str:
    """Return the text with logins and tokens of its URLs replaced by ``…``."""
    without_logins = _CONDA_TOKEN.sub(_HIDDEN, _LOGIN.sub(_HIDDEN, text))
    return _QUERY_TOKEN.sub(rf"\1{_HIDDEN}", without_logins)

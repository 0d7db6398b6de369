"""Showing HTML that changes, where there is a notebook."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

Show = Callable[[str, str], None]
"""Shows HTML, or the text beside it where a frontend has no HTML."""


class _Shown:
    """What IPython is given: the picture, and a line of text for what shows none."""

    def __init__(self, html: str, text: str) -> None:
        self._html = html
        self._text = text

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return self._text


def live_display() -> Show:
    """Return what shows HTML in one place of the notebook; it does nothing where there is no notebook."""
    # IPython is there where it runs this very code; nothing needs it otherwise.
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if not hasattr(shell, "kernel"):
        return lambda _html, _text: None
    handle: list[Any] = []

    def show(html: str, text: str) -> None:
        if handle:
            handle[0].update(_Shown(html, text))
        else:
            display = importlib.import_module("IPython.display").display
            handle.append(display(_Shown(html, text), display_id=True))

    return show

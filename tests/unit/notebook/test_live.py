"""A display that changes, where there is a notebook. IPython is a fake: a real one needs a kernel."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from ethlogs.notebook.live import live_display


class Shell:
    """IPython's shell in a kernel."""

    kernel = object()


class Handle:
    """The place of the notebook that is written again."""

    def __init__(self) -> None:
        self.shown: list[Any] = []

    def update(self, shown: Any) -> None:
        self.shown.append(shown)


def put_ipython(monkeypatch: pytest.MonkeyPatch, shell: object) -> Handle:
    handle = Handle()
    ipython, display = ModuleType("IPython"), ModuleType("IPython.display")

    def show(shown: Any, *, display_id: bool) -> Handle:
        assert display_id
        handle.update(shown)
        return handle

    ipython.get_ipython = lambda: shell  # type: ignore[attr-defined]  # a module that is made here
    display.display = show  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return handle


def test_a_notebook_shows_each_picture_in_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    handle = put_ipython(monkeypatch, Shell())
    show = live_display()
    show("<b>1</b>", "one")
    show("<b>2</b>", "two")
    assert [shown._repr_html_() for shown in handle.shown] == ["<b>1</b>", "<b>2</b>"]
    assert [repr(shown) for shown in handle.shown] == ["one", "two"]


@pytest.mark.parametrize("shell", [None, object()])
def test_a_script_and_a_terminal_show_nothing(monkeypatch: pytest.MonkeyPatch, shell: object) -> None:
    handle = put_ipython(monkeypatch, shell)
    live_display()("<b>1</b>", "one")
    assert handle.shown == []

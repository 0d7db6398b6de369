"""The SparkContext is begun early and waited for where it is needed; a fake: a real one takes seconds."""

from __future__ import annotations

import threading

import pytest

from ethlogs.spark import context


@pytest.fixture(autouse=True)
def nothing_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "_begun", None)


def test_a_context_that_was_begun_is_the_one_that_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    go_on = threading.Event()

    def build() -> object:
        go_on.wait(10)
        built.append(threading.current_thread().name)
        return built

    monkeypatch.setattr(context, "_build_context", build)
    context.begin_context()
    assert built == [], "whoever begins it does not wait"
    go_on.set()
    assert context.get_context() is context.get_context() is built
    assert built == ["SparkContext"]


def test_a_context_that_was_not_begun_is_built_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "_build_context", lambda: threading.current_thread().name)
    assert context.get_context() == threading.current_thread().name


def test_why_it_could_not_be_built_is_raised_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> object:
        raise RuntimeError("no such master")

    monkeypatch.setattr(context, "_build_context", fail)
    context.begin_context()
    with pytest.raises(RuntimeError, match="no such master"):
        context.get_context()

"""What is repeated on its own thread."""

from __future__ import annotations

import threading

from ethlogs.repeated import repeated


def test_it_is_done_again_and_again_and_not_after_the_end() -> None:
    calls, three = [], threading.Event()

    def do() -> None:
        calls.append(threading.current_thread().name)
        if len(calls) == 3:
            three.set()

    with repeated("looking", 0.001, do):
        assert three.wait(300), "a guard against hanging"
    done = list(calls)
    assert set(done) == {"looking"}
    assert "looking" not in [thread.name for thread in threading.enumerate()]
    assert calls == done

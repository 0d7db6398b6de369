"""A Python program that is killed in the middle of its work, and everything that it started with it.

    python killed_program.py MODULE:NAME CALLS PROGRAM ARGUMENTS…

runs PROGRAM and kills it with SIGKILL as soon as the function of that name was called for the CALLS-th time
and has done its work: so what it dies between does not depend on the machine.
"""

from __future__ import annotations

import functools
import importlib
import os
import runpy
import signal
import sys
from pathlib import Path
from typing import Any


def kill_after(target: str, calls: int = 1) -> None:
    """Replace a function by one that kills this process, in a group with what it starts, behind a call."""
    os.setpgrp()
    module, _, path = target.partition(":")
    *owners, name = path.split(".")
    owner: Any = functools.reduce(getattr, owners, importlib.import_module(module))
    function = getattr(owner, name)
    left = calls

    @functools.wraps(function)
    def killing(*args: object, **kwargs: object) -> object:
        nonlocal left
        result = function(*args, **kwargs)
        left -= 1
        if left == 0:
            os.killpg(os.getpgrp(), signal.SIGKILL)
        return result

    setattr(owner, name, killing)


if __name__ == "__main__":
    where, count, program, *arguments = sys.argv[1:]
    sys.argv = [program, *arguments]
    sys.path[0] = str(Path(program).parent)
    kill_after(where, int(count))
    runpy.run_path(program, run_name="__main__")

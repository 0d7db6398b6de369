"""Become another program that dies with the process that started it.

    python -I -S guard.py SIGNAL PARENT_PID COMMAND [ARGUMENT...]

The kernel sends SIGNAL to COMMAND as soon as its parent ends, however that ends, SIGKILL included
(PR_SET_PDEATHSIG, see prctl(2)). This file runs on its own: it imports nothing of the package.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> int:
    """Ask for the signal, then replace this process by the command; 127 or 126 when that fails."""
    death_signal, parent, command = int(argv[1]), int(argv[2]), argv[3:]
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the kernel knew of our wish
        return 128 + death_signal
    try:
        os.execvp(command[0], command)  # noqa: S606 - an argument list, no shell
    except FileNotFoundError:
        sys.stderr.write(f"ethlogs-devnet: {command[0]}: command not found\n")
        return 127
    except OSError as error:
        sys.stderr.write(f"ethlogs-devnet: {command[0]}: {error.strerror}\n")
        return 126


if __name__ == "__main__":
    sys.exit(main(sys.argv))

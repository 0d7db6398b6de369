"""The command: ``ethlogs``, and ``python -m ethlogs`` where its script is not on PATH."""

from __future__ import annotations

import sys

from ethlogs.errors import ExitStatus


def main() -> None:
    """Run a command; what it needs takes a while to load, and Ctrl-C is answered meanwhile too."""
    try:
        from ethlogs.cli.main import main as run
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        sys.exit(ExitStatus.SIGINT)
    run()


if __name__ == "__main__":
    main()

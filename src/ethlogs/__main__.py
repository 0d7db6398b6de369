"""The process's door: ``ethlogs``, or ``python -m ethlogs`` where its script is not on PATH."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; Ctrl-C while its modules are still loaded ends it as it does later."""
    try:
        from ethlogs.cli import main as run_command_line
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        sys.exit(130)
    run_command_line()


if __name__ == "__main__":
    main()

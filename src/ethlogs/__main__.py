"""``python -m ethlogs``: the command line, where its script is not on PATH."""

from ethlogs.cli import main

if __name__ == "__main__":
    main()

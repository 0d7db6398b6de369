"""``python -m ethlogs_devnet``: the command ``ethlogs-devnet``."""

from ethlogs_devnet.cli import main

main()

"""The demo that ``make demo-notebook`` runs inside the devnet: the example notebook, and its picture."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat

from scripts.demo import show
from scripts.notebook_picture import (
    ROOT,
    execute,
    find_chromium,
    read_notebook,
    take_picture,
    to_excerpt,
    to_page,
)

OUTPUT = ROOT / "demo-notebook"


def main() -> int:
    """Execute the notebook and leave it, its page and its pictures in a folder."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    find_chromium()  # it may have to be fetched: before the runs, which take longer
    notebook = read_notebook()
    show("executing examples/notebook.ipynb: it starts three runs, and takes one to two minutes")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ETHLOGS_RUN_DIR"] = str(Path(folder) / "runs")
        execute(notebook, Path(folder))
    nbformat.write(notebook, OUTPUT / "notebook.ipynb")  # type: ignore[no-untyped-call]  # nbformat has none
    page = to_page(notebook)
    (OUTPUT / "notebook.html").write_text(page)
    take_picture(page, OUTPUT / "notebook.png")
    take_picture(to_page(to_excerpt(notebook)), OUTPUT / "excerpt.png")
    for path in sorted(OUTPUT.iterdir()):
        show(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

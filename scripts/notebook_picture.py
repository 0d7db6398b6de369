"""A notebook, executed by a real kernel, as a page of HTML, and the picture that Chromium makes of it."""

from __future__ import annotations

import re
import subprocess
import tempfile
from copy import deepcopy
from functools import cache
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "examples" / "notebook.ipynb"
_CELL_SECONDS = 300
_PAGE_SECONDS = 300
_WIDTH = 900
_NO_SCRIPTS = dict.fromkeys(("require_js_url", "jquery_url", "mathjax_url", "mermaid_js_url"), "")
"""The page needs nothing from elsewhere: no machine without internet waits for it."""
_MEASURE = "<script>document.documentElement.dataset.height = document.body.scrollHeight</script>"


def read_notebook(path: Path = NOTEBOOK) -> nbformat.NotebookNode:
    """Return a notebook."""
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # no types
    return notebook


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run each cell in a new kernel that works in ``folder``; the notebook then has the outputs."""
    NotebookClient(notebook, timeout=_CELL_SECONDS, resources={"metadata": {"path": str(folder)}}).execute()


def to_excerpt(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the notebook with the cells alone that have the tag ``picture``."""
    excerpt = deepcopy(notebook)
    excerpt.cells = [cell for cell in excerpt.cells if "picture" in cell.metadata.get("tags", ())]
    return excerpt


def to_page(notebook: nbformat.NotebookNode) -> str:
    """Return a notebook as HTML, which nothing is fetched for."""
    exporter = HTMLExporter(**_NO_SCRIPTS)  # type: ignore[no-untyped-call]  # nbconvert has no types
    page, _ = exporter.from_notebook_node(notebook)
    return str(page)


def take_picture(page: str, path: Path) -> None:
    """Let Chromium draw a whole page, as a PNG.

    Raises
    ------
    RuntimeError
        When Chromium fails, or draws nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page + _MEASURE)
        height = re.search(r'<html[^>]* data-height="(\d+)"', _run_chromium(folder, file, "--dump-dom"))
        if height is None:
            raise RuntimeError("Chromium does not say how high the page is")
        _run_chromium(folder, file, f"--window-size={_WIDTH},{height[1]}", f"--screenshot={path}")
    if not path.is_file():
        raise RuntimeError("Chromium has drawn nothing")


@cache
def find_chromium() -> str:
    """Return the path of Chromium, which is fetched where the machine has none."""
    found = subprocess.run([ROOT / "scripts" / "setup-chromium"], capture_output=True, text=True, check=False)
    if found.returncode:
        raise RuntimeError(found.stderr)
    return found.stdout.strip()


def _run_chromium(folder: str, page: Path, *flags: str) -> str:
    """Return what Chromium prints of a page of our own, which needs no sandbox; root cannot have one."""
    always = (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={folder}",
    )
    command = [find_chromium(), *always, f"--window-size={_WIDTH},800", *flags, page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PAGE_SECONDS)
    if done.returncode:
        raise RuntimeError(f"Chromium ended with status {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout

"""examples/notebook.ipynb, executed by a real kernel on this machine."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from ethlogs_devnet import SMALL_PLAN, GethNode, LiveHead
from tests.harness.streams import Stream, assert_exactly_once

pytestmark = pytest.mark.services
NOTEBOOK = Path(__file__).parents[2] / "examples" / "notebook.ipynb"
SECONDS = 300
LOOK = "following.wait(timeout=30)"
LOOK_WHEN_THERE_IS_SOMETHING = """import time
while len(following.history) < 2:
    assert following.state in ("starting", "running")
    time.sleep(0.2)
following.wait(timeout=1)"""
"""Half a minute is for a person: on a busy machine the driver may not be up by then."""


def test_each_cell_runs_and_the_runs_show_themselves(
    stream: Stream, own_geth: GethNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "NODE_URL": own_geth.url, "BOOTSTRAP_SERVER": stream.bootstrap, "TOPIC": stream.topic,
        "MASTER": "local[*]", "PROOF": "receipts", "RUN_DIR": str(tmp_path / "runs"),
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"ETHLOGS_{name}", value)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]  # nbformat has none
    (following,) = [cell for cell in notebook.cells if LOOK in cell.source]
    following.source = following.source.replace(LOOK, LOOK_WHEN_THERE_IS_SOMETHING)
    client = NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": str(tmp_path)}})
    with LiveHead(own_geth, 0.5, SMALL_PLAN):
        client.execute()
    pictures = [
        output["data"]["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "text/html" in output.get("data", {})
    ]
    # smoketest, the run as it began and as it ended, the run found again, the one without an end
    assert len(pictures) == 5
    assert [picture.count("<svg") for picture in pictures[2:]] == [3, 3, 3]
    assert ["done" in picture for picture in pictures] == [True, False, True, True, False]
    heights = stream.heights()
    assert_exactly_once(stream, own_geth.url, heights[0], heights[-1])

"""examples/notebook.ipynb, executed by a real kernel on this machine, and the picture of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat import NotebookNode

from ethlogs_devnet import SMALL_PLAN, GethNode, LiveHead
from ethlogs_devnet.control import answering_requests
from ethlogs_devnet.state import build_state
from scripts.notebook_picture import execute, find_chromium, read_notebook, take_picture, to_excerpt, to_page
from tests.harness.pictures import count_colors
from tests.harness.running import wait_until
from tests.harness.streams import Stream, assert_folds

pytestmark = pytest.mark.services
LOOKS = {
    "following.wait(timeout=30)": "len(following.history) > 1 and following.history[-1]['blocks']",
    "following.wait(timeout=15)": "following.history[-1]['reorgs']",
}
"""Seconds are for a person: they may not be enough on a busy machine, so the test waits for what is meant."""
BADGE_BLUE, CHART_BLUE, ORANGE, GREEN = (31, 111, 235), (59, 130, 214), (217, 130, 43), (46, 158, 91)
WHITE = (255, 255, 255)


class FollowedChain:
    """The chain that the notebook asks for a reorg: once the stream has its head, so that the run sees it."""

    def __init__(self, geth: GethNode, stream: Stream) -> None:
        self._geth = geth
        self._stream = stream

    def reorg(self, depth: int) -> list[str]:
        with self._geth.standing_still(), self._stream.watching() as tip:
            wait_until(lambda: tip() == self._geth.height(), "the stream has the head")
            return self._geth.reorg(depth, plan=SMALL_PLAN)


def look_until(source: str) -> str:
    """A cell that waits for what its seconds are meant for."""
    for look, condition in LOOKS.items():
        until = (
            f"import time\nwhile not ({condition}):\n    assert following.state in ('starting', 'running')"
        )
        source = source.replace(look, f"{until}\n    time.sleep(0.2)\nfollowing.wait(timeout=1)")
    return source


def outputs_of(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def test_each_cell_runs_and_the_runs_and_a_reorg_show_themselves_also_in_a_picture(
    stream: Stream, own_geth: GethNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "NODE_URL": own_geth.url, "BOOTSTRAP_SERVER": stream.bootstrap, "TOPIC": stream.topic,
        "MASTER": "local[*]", "PROOF": "receipts", "RUN_DIR": str(tmp_path / "runs"),
        "DEVNET_STATE": str(tmp_path / "devnet"),
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"ETHLOGS_{name}", value)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    (tmp_path / "devnet").mkdir()
    find_chromium()
    notebook = read_notebook()
    for cell in notebook.cells:
        cell.source = look_until(cell.source)
    chain = FollowedChain(own_geth, stream)
    with (
        LiveHead(own_geth, 0.5, SMALL_PLAN),
        answering_requests(tmp_path / "devnet", chain, build_state([], {}, {})),
    ):
        execute(notebook, tmp_path)
    # smoketest; the run as it began and as it ended; the run found again; the one without an end; its reorg
    outputs = outputs_of(notebook)
    pictures = [output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})]
    assert [picture.count("<svg") for picture in pictures] == [0, 0, 3, 3, 3, 3]
    assert ["done" in picture for picture in pictures] == [True, False, True, True, False, False]
    assert ["1, at most 3 deep" in picture for picture in pictures] == [False] * 5 + [True]
    heights = [row.json["blockNumber"] for row in stream.blocks() if row.value is not None]
    assert_folds(stream, own_geth.url, heights[0], heights[-1])

    assert not [picture for picture in pictures if "error:" in picture]
    assert not [output for output in outputs if output.output_type == "error"]
    assert {output.name for output in outputs if output.output_type == "stream"} <= {"stdout"}

    page = to_page(to_excerpt(notebook))
    assert "a dashed line marks a reorg" in page
    take_picture(page, tmp_path / "notebook.png")
    colors = count_colors(tmp_path / "notebook.png")
    assert 0.3 < colors[WHITE] / colors.total() < 0.95
    # of two runs that say that they are running, and of their charts
    assert all(colors[color] > 50 for color in (BADGE_BLUE, CHART_BLUE, ORANGE, GREEN))

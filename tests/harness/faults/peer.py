"""A second node that has the first one's blocks a moment later, as a peer would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ethlogs_devnet import DevnetError, GethNode

_LOOK_SECONDS = 0.1


class PeerNode:
    """A second geth that takes over another one's chain, unless it is made to lag."""

    def __init__(self, folder: Path, of: GethNode) -> None:
        self.geth = GethNode(folder)
        self._of = of
        self._following = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_following, name="peer", daemon=True)

    def __enter__(self) -> PeerNode:
        self.geth.start()
        self.geth.follow(self._of)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.geth.stop()

    @contextmanager
    def lagging(self) -> Iterator[None]:
        """It gets no more blocks meanwhile."""
        with self._following:
            yield

    def _keep_following(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            with self._following, suppress(DevnetError):
                self.geth.follow(self._of)

"""Connections that are lent to whoever asks, as many as are in use at once, and closed in the end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """Something that can be closed."""

    def close(self) -> None:
        """Close it."""


C = TypeVar("C", bound=Closable)


class Connections(Generic[C]):
    """Kept-alive connections of one node; the one that was returned last is lent first.

    They do not belong to threads: a run makes new threads with every reorg, and a connection for each of
    them would stay open.
    """

    def __init__(self, connect: Callable[[], C], is_usable: Callable[[C], bool] = lambda _: True) -> None:
        """``is_usable`` says whether an idle connection can be lent again."""
        self._connect = connect
        self._is_usable = is_usable
        self._idle: list[C] = []
        self._lent: set[C] = set()
        self._lock = threading.Lock()
        self._closed = False

    @contextlib.contextmanager
    def lend(self) -> Iterator[C]:
        """A connection that nobody else uses; after an error inside the block it is closed."""
        connection = self._take()
        try:
            yield connection
        except BaseException:
            self._take_back(connection, usable=False)
            raise
        self._take_back(connection, usable=True)

    def close(self) -> None:
        """Close all of them; whoever uses one fails."""
        with self._lock:
            self._closed = True
            connections = [*self._idle, *self._lent]
            self._idle.clear()
        for connection in connections:
            connection.close()

    def _take(self) -> C:
        while True:
            with self._lock:
                is_new = not self._idle
                connection = self._connect() if is_new else self._idle.pop()
                self._lent.add(connection)
            if is_new or self._is_usable(connection):
                return connection
            self._take_back(connection, usable=False)

    def _take_back(self, connection: C, *, usable: bool) -> None:
        with self._lock:
            self._lent.discard(connection)
            if usable and not self._closed:
                self._idle.append(connection)
                return
        connection.close()

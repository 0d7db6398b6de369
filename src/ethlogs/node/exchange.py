"""Requests on connections that carry one each, so that a node works on all of them at once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Sequence
from typing import TypeVar

from ethlogs.node.channel import Channel
from ethlogs.node.connections import Connections
from ethlogs.node.deadline import deadline
from ethlogs.node.rpc import RawAnswer

C = TypeVar("C", bound=Channel)


def exchange(
    connections: Connections[C], requests: Sequence[bytes], timeout_seconds: float
) -> Generator[RawAnswer]:
    """Send all requests, then give their answers in the requests' order.

    The first one comes within the timeout, each other one within the timeout after the one before. A
    connection whose answer is not taken is closed: a later request must not be given that answer.
    """
    with contextlib.ExitStack() as lent:
        channels: list[tuple[contextlib.ExitStack, C]] = []
        ends_at = time.monotonic() + timeout_seconds
        with deadline(timeout_seconds):
            for request in requests:
                own = lent.enter_context(contextlib.ExitStack())
                channels.append((own, own.enter_context(connections.lend())))
                channels[-1][1].send(request)
        for own, channel in channels:
            with own, deadline(ends_at - time.monotonic()):
                answer = RawAnswer(channel.receive())
            yield answer
            ends_at = time.monotonic() + timeout_seconds

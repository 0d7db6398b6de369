"""A subscription to new heads. A notification says "look now", and nothing in it is used.

Heights may be skipped or go back: geth sends one notification for a whole reorg.
"""

from __future__ import annotations

import orjson

from ethlogs.errors import NodeUnavailableError
from ethlogs.node.channel import Channel, HandshakeRefusedError
from ethlogs.node.deadline import deadline
from ethlogs.node.rpc import RawAnswer, build_request, parse_answer
from ethlogs.node.transport import Transport

_METHOD = "eth_subscribe"


class NewHeads:
    """Notifications of one URL, on a connection of their own."""

    def __init__(self, channel: Channel, transport: Transport, name: str) -> None:
        self.name = name
        self._channel = channel
        self._transport = transport

    def wait(self, seconds: float) -> bool:
        """Return whether the node sends something within this time.

        Raises
        ------
        NodeUnavailableError
            When the connection is lost.
        """
        with self._transport.mapped_errors():
            try:
                with deadline(seconds):
                    self._channel.receive()
            except TimeoutError:
                return False
            return True

    def close(self) -> None:
        """Close the connection, which ends the subscription."""
        self._channel.close()


def subscribe_heads(transport: Transport, name: str, timeout_seconds: float) -> NewHeads | None:
    """Subscribe on a new connection; ``None`` where the transport has none for it.

    Raises
    ------
    NodeError
        When the node does not subscribe this client.
    """
    channel = transport.open_channel()
    if channel is None:
        return None
    try:
        with transport.mapped_errors():
            _subscribe(channel, name, timeout_seconds)
    except BaseException:
        channel.close()
        raise
    return NewHeads(channel, transport, name)


def _subscribe(channel: Channel, name: str, timeout_seconds: float) -> None:
    with deadline(timeout_seconds):
        try:
            channel.send(build_request(_METHOD, ("newHeads",)))
            raw = RawAnswer(channel.receive())
            while _is_notification(raw):
                raw = RawAnswer(channel.receive())
        except HandshakeRefusedError as exc:
            raw = exc.answer
    if not isinstance(parse_answer(raw, _METHOD, name).result, str):
        raise NodeUnavailableError(f"node {name} answered {_METHOD} without a subscription")


def _is_notification(raw: RawAnswer) -> bool:
    """Return whether a node that has subscribed this client sent a head before it said so."""
    try:
        message = orjson.loads(raw.body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(message, dict) and "method" in message

"""A watch on the stream's topics: one that is recreated or repartitioned ends the run.

Kafka's producer goes by names: it writes to a topic that was deleted and created again as if it were the
same one.
"""

from __future__ import annotations

import contextlib
import threading
from types import TracebackType
from typing import Self

from ethlogs.errors import EthlogsError, SettingsError
from ethlogs.kafka.topics import Topic, admin_client, describe_topic
from ethlogs.settings import KafkaSettings
from ethlogs.stream.identity import StreamTopics

LOOK_SECONDS = 10.0


class TopicWatch:
    """Looks at both topics every few seconds, on a thread, so that no block waits for it."""

    def __init__(self, settings: KafkaSettings, topics: StreamTopics) -> None:
        self._settings = settings
        self._topics = topics
        self._ended = threading.Event()
        self._writing = threading.Event()
        self._differences: list[str] = []
        self._thread = threading.Thread(target=self._keep_looking, name="topics", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()

    def look(self) -> None:
        """Look at once.

        Raises
        ------
        SettingsError
            As :meth:`check`.
        EthlogsError
            When Kafka does not answer.
        """
        self._look()
        self.check()

    def check(self) -> None:
        """Check what the newest look has found.

        Raises
        ------
        SettingsError
            When a topic is not the one any more that this run began with.
        """
        self._writing.set()
        if self._differences:
            raise SettingsError(
                f"this stream's topics changed while the run was writing to them: {self._differences[0]}",
                hint="begin a new stream with another --topic",
            )

    def _look(self) -> None:
        with admin_client(self._settings) as client:
            for before in (self._topics.event_logs, self._topics.ledger):
                now = describe_topic(client, before.name)
                if now is not None:
                    self._differences += differences(before, now)

    def _keep_looking(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            # Only while blocks are written: a Kafka that is away is asked by whoever wants to write to it.
            if self._writing.is_set():
                self._writing.clear()
                with contextlib.suppress(EthlogsError):
                    self._look()


def differences(before: Topic, now: Topic) -> list[str]:
    """Return what makes it another topic, one sentence each."""
    found = []
    if now.topic_id != before.topic_id:
        found.append(f"the topic {now.name} was deleted and created again")
    if now.partitions != before.partitions:
        found.append(f"the topic {now.name} has {now.partitions} partitions, it had {before.partitions}")
    return found

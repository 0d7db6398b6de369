"""``ethlogs exporter`` as a process, scraped."""

from __future__ import annotations

import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.harness.commands import Command
from tests.harness.running import wait_until

FAST = ("--listen", "127.0.0.1:0", "--interval", "0.2")


class Exported:
    """A running exporter, scraped."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self.url = wait_until(self._find_url, "the exporter listens")

    def _find_url(self) -> str | None:
        assert self._command.process.poll() is None, self._command.stderr
        words = self._command.stderr.partition("serving ")[2].split(",")
        return words[0] if len(words) > 1 else None

    def text(self) -> str:
        return requests.get(self.url, timeout=10).text

    def values(self) -> dict[str, float]:
        """The value of each metric, by its name alone: the tests have one stream and one node."""
        families = text_string_to_metric_families(self.text())
        return {sample.name: sample.value for family in families for sample in family.samples}

    def wait_for(self, **wanted: float) -> dict[str, float]:
        """Wait until these metrics have these values; returns all."""

        def match() -> dict[str, float] | None:
            values = self.values()
            return values if all(values.get(name) == value for name, value in wanted.items()) else None

        found: dict[str, float] = wait_until(match, f"the metrics are {wanted}, not {self.text()}")
        return found

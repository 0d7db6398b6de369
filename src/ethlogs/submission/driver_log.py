"""The output of a driver on YARN: live where its node can be reached, else what YARN has collected."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Mapping

from ethlogs.errors import HadoopError, SubmissionError
from ethlogs.kerberos.spnego import build_headers
from ethlogs.submission.applications import ApplicationHandle

POLL_SECONDS = 2.0
_SPARKS_TALK = re.compile(r"\d\d/\d\d/\d\d \d\d:\d\d:\d\d (?:INFO|DEBUG|TRACE) ")
"""How a line of Spark's default log below WARN begins: until its context is up, no setting ends it."""
_LAUNCH_CONTEXT = re.compile(r"(?:Default )?YARN executor launch context:|={20,}$")
"""A line that is not indented and belongs to the one before it: of how Spark would start an executor."""
_AGGREGATION_SECONDS = 30.0


def without_sparks_talk(text: str) -> str:
    """Return a log with ethlogs' lines and, of Spark's, those from WARN on alone."""
    kept: list[str] = []
    talks = False
    for line in text.splitlines(keepends=True):
        # What is indented belongs to the line before it, and so does an empty line.
        if not (line[:1].isspace() or (talks and _LAUNCH_CONTEXT.match(line))):
            talks = _SPARKS_TALK.match(line) is not None
        if not talks:
            kept.append(line)
    return "".join(kept)


class FollowedLog:
    """The files of a log that grows: what is new of each is shown once, in whole lines."""

    def __init__(self, choose: Callable[[str], str]) -> None:
        """``choose`` returns the lines of a text that are shown."""
        self._choose = choose
        self._shown: dict[str, str] = {}

    def read_news(self, files: Mapping[str, str]) -> str:
        """Return the new lines of the files, as they are now."""
        news = []
        for name, text in files.items():
            lines = text[: text.rfind("\n") + 1]
            shown = self._shown.get(name, "")
            # Another attempt begins another log.
            shown = shown if lines.startswith(shown) else ""
            news.append(self._choose(lines)[len(self._choose(shown)) :])
            self._shown[name] = lines
        return "".join(news)


def read_live_log(handle: ApplicationHandle) -> dict[str, str] | None:
    """Read the files of the running driver's log; YARN may forget its container while it is asked."""
    with contextlib.suppress(HadoopError):
        return handle.hadoop.applications.read_live_log(handle.application.id, build_headers)
    return None


def read_log(handle: ApplicationHandle) -> str:
    """Read the driver's log.

    Raises
    ------
    SubmissionError
        When its node does not give it while it runs, or YARN has not collected it at the end.
    """
    applications, application = handle.hadoop.applications, handle.application
    if not application.ended:
        live = read_live_log(handle)
        if live is not None:
            return "".join(live.values())
        raise SubmissionError(
            f"the log of the running application {application.id} cannot be read from its node",
            hint="nodes' web ports are often closed: look again when it has ended, or open"
            f" {application.tracking_url}",
        )
    deadline = time.monotonic() + _AGGREGATION_SECONDS
    while time.monotonic() < deadline:
        text = applications.read_aggregated_log(application.id)
        if text is not None:
            return text
        time.sleep(POLL_SECONDS)
    raise SubmissionError(
        f"YARN has no log of {application.id}",
        hint="it collects logs where yarn.log-aggregation-enable is true",
    )

"""The end of an attempt, or of an application, by YARN's diagnostics and in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ethlogs.errors import ExitStatus

_LOST = "the node of the driver's container was lost, or YARN took the container back"
_TOO_MUCH_MEMORY = "the driver's container used more memory than it had asked for, and YARN ended it"
_OUT_OF_MEMORY = "the driver's JVM ran out of memory"
_PREEMPTED = "YARN took the driver's container back for another queue or application (preempted)"
_SILENT = "YARN heard nothing from the driver's application master for too long: its node is away, or hangs"
_TIME_OVER = "YARN ended it when its time was over, by --timeout of a detached run or by the queue's limit"
_NOT_PREPARED = -1000

_YARNS: Mapping[int, str] = {
    _NOT_PREPARED: "YARN could not prepare the driver's container",
    -100: _LOST,
    -101: "the disks of the container's node are full or broken",
    -102: _PREEMPTED,
    -103: _TOO_MUCH_MEMORY,
    -104: _TOO_MUCH_MEMORY,
    -105: "the application master ended the driver's container",
    -106: "YARN's ResourceManager ended the driver's container",
    -107: "YARN ended the driver's container after the application",
    -108: "YARN's node ended the driver's container to make room for another one",
    -109: "the driver's container wrote more logs than YARN allows, and YARN ended it",
}
"""Exit statuses that YARN gives a container itself: ``ContainerExitStatus`` of its API."""

_SPARKS: Mapping[int, str] = {
    13: "the driver had no SparkContext in time (spark.yarn.am.waitTime)",
    14: "Spark's application master was not allowed to do its work",
    15: "the driver's program could not be run",
    16: "the driver ended before Spark's application master expected it",
    50: "Spark met an error that it did not expect",
    51: "Spark met an error that it did not expect, and could not log it",
    52: _OUT_OF_MEMORY,
}
"""Exit statuses of Spark's application master that a driver of ethlogs never has."""

_DRIVERS: Mapping[int, str] = {
    ExitStatus.DEFECT: "a defect of ethlogs",
    ExitStatus.USAGE: "usage",
    ExitStatus.SETTINGS: "a setting",
    ExitStatus.PACK: "the environment",
    ExitStatus.KERBEROS: "Kerberos or authorization",
    ExitStatus.NODE: "the node, or a block that cannot be proven",
    ExitStatus.DELIVERY: "delivery to Kafka",
    ExitStatus.SUBMISSION: "the application, or HDFS",
    ExitStatus.SUPERSEDED: "another run has the stream",
    ExitStatus.DIFFERENCE: "a difference was found",
    ExitStatus.DEADLINE: "--timeout is over",
    ExitStatus.UNKNOWN: "the outcome is unknown",
}

_SURELY_DRIVERS = range(ExitStatus.USAGE, ExitStatus.DIFFERENCE)
"""Of a container's exit statuses; 1 is everybody's, and 10 to 12 are Spark's too."""

_SIGNALS: Mapping[int, str] = {
    130: "the driver's container was ended from outside, by SIGINT",
    137: "the driver's container was killed from outside, by SIGKILL: by YARN, or by its node where memory"
    " ran out",
    143: "the driver's container was ended from outside, by SIGTERM",
}

_HEAD: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(words, re.IGNORECASE), sentence)
    for words, sentence in (
        (r"exceeded the lifetime period", _TIME_OVER),
        (r"beyond (?:the )?'?(?:physical|virtual)'? memory", _TOO_MUCH_MEMORY),
        (r"preempted", _PREEMPTED),
        (r"released on a \*?lost\*? node", _LOST),
        (r"ApplicationMaster for attempt \S+ timed out", _SILENT),
    )
)
"""What YARN writes itself, whichever exit status comes with it."""

_LAST_BYTES = re.compile(r"Last \d+ bytes of")
"""What follows is the container's own output, where any word may stand."""

_KILLED = re.compile(
    r"killed by user (?P<user>\S+)(?: at (?P<host>\S+))?(?: with diagnostic message: (?P<why>.+))?"
)
_OF_DRIVER = re.compile(r"User application exited with status (\d+)")
_OF_CONTAINER = re.compile(r"(?:exitCode: *|non-zero exit code |Exit code is )(-?\d+)")

_BOILERPLATE = tuple(
    re.compile(words, re.MULTILINE)
    for words in (
        r"For more detailed output, check [^\n]*",
        r"^Application application_\S+ failed \d+ times?(?: \([^)]*\))? due to ",
        r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\]",
        r"Failing th(?:is attempt|e application)\.?",
        r"Diagnostics: ?",
        r"Error file: prelaunch\.err\.",
        r"Last \d+ bytes of \w+(?:\.\w+)? ?:",
        r"Exception from container-launch\.?",
        r"Container id: \S+",
        r"AM Container for appattempt_\S+ exited with +exitCode: -?\d+",
        r"(?:Container exited with a non-zero exit code|Exit code:|Exit code is) -?\d+",
        r"Container killed on request\.",
        r"^\s+at .*",
    )
)
_LINES = 3
_CHARACTERS = 300


@dataclass(frozen=True)
class AttemptEnd:
    """An attempt's end, by YARN's diagnostics."""

    sentence: str
    drivers_status: int | None = None
    """The driver's own exit status, where YARN says that it is the driver's."""

    @property
    def is_memory(self) -> bool:
        """Whether more memory would help."""
        return self.sentence in (_TOO_MUCH_MEMORY, _OUT_OF_MEMORY)


def read_end(diagnostics: str) -> AttemptEnd | None:
    """Return what YARN's diagnostics say; ``None`` where they say nothing."""
    killed = _KILLED.search(diagnostics)
    if killed is not None:
        return AttemptEnd(_describe_kill(killed))
    head = _LAST_BYTES.split(diagnostics)[0]
    known = next((sentence for words, sentence in _HEAD if words.search(head)), None)
    if known is not None:
        return AttemptEnd(known)
    status = _OF_DRIVER.search(diagnostics)
    if status is not None:
        number = int(status.group(1))
        return AttemptEnd(_describe_drivers(number), number)
    if "OutOfMemoryError" in diagnostics:
        return AttemptEnd(_OUT_OF_MEMORY)
    status = _OF_CONTAINER.search(diagnostics)
    sentence = (
        clean(diagnostics) if status is None else _describe_containers(int(status.group(1)), diagnostics)
    )
    return AttemptEnd(sentence) if sentence else None


def _describe_kill(killed: re.Match[str]) -> str:
    place = f" at {killed['host']}" if killed["host"] else ""
    why = f": {killed['why'].strip()}" if killed["why"] else ""
    return f"user {killed['user'].rstrip('.')}{place} killed it{why}"


def _describe_drivers(number: int) -> str:
    meaning = _DRIVERS.get(number)
    return f"the driver ended with status {number}{f' ({meaning})' if meaning else ''}"


def _describe_containers(number: int, diagnostics: str) -> str:
    """Return what a container's exit status means; YARN's words where it means nothing by itself."""
    if number in _SURELY_DRIVERS:
        return _describe_drivers(number)
    known = _YARNS.get(number) or _SPARKS.get(number) or _SIGNALS.get(number)
    if known is not None and number != _NOT_PREPARED:
        return known
    words = clean(diagnostics)
    what = known or f"the driver's container ended with exit status {number}"
    return f"{what}: {words}" if words else what


def clean(diagnostics: str) -> str:
    """Return YARN's own words without dates, ids, and what it says of every container."""
    text = diagnostics
    for words in _BOILERPLATE:
        text = words.sub(" ", text)
    lines = dict.fromkeys(" ".join(line.split()).strip(" .:;") for line in text.splitlines())
    return "; ".join([line for line in lines if line][:_LINES])[:_CHARACTERS]

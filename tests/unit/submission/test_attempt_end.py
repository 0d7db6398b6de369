"""What YARN's diagnostics say about an attempt's end, in plain words.

They are in the form in which YARN 3 and Spark 3 write them. Most ends cannot be provoked here: nobody takes a
container back for another queue, no disk is bad.
"""

from __future__ import annotations

import pytest

from ethlogs.errors import ExitStatus
from ethlogs.submission.attempt_end import clean, read_end

MORE = (
    "For more detailed output, check the application tracking page:"
    " http://rm.example.com:8188/applicationhistory/app/application_1700000000000_0007 Then click on links to"
    " logs of each attempt.\n"
)
FAILED = (
    "Application application_1700000000000_0007 failed 1 times (global limit =2; local limit is =1) due to "
)
END = f"{MORE}. Failing the application."
MEMORY = "the driver's container used more memory than it had asked for, and YARN ended it"


def exited(status: int, words: str, attempt: int = 1) -> str:
    return (
        f"AM Container for appattempt_1700000000000_0007_00000{attempt} exited with  exitCode: {status}\n"
        f"Failing this attempt.Diagnostics: {words}"
    )


def launched(status: int, stderr: str = "") -> str:
    """What a NodeManager says of a process that ended by itself, twice."""
    output = f"Last 4096 bytes of stderr :\n{stderr}" if stderr else ""
    once = (
        f"[2026-11-26 02:51:05.753]Container exited with a non-zero exit code {status}."
        f" Error file: prelaunch.err.\nLast 4096 bytes of prelaunch.err :\n{output}\n\n"
    )
    return (
        "[2026-11-26 02:51:05.747]Exception from container-launch.\n"
        f"Container id: container_e09_1700000000000_0007_01_000001\nExit code: {status}\n\n{once}{once}{MORE}"
    )


RECORDED = {
    "driver lost its node": (
        exited(6, launched(6, "26/11/26 02:51:05 WARN Client: node http://geth:8545 cannot be reached")),
        "the driver ended with status 6 (the node, or a block that cannot be proven)",
    ),
    "Spark's own words of the driver": (
        "User application exited with status 7",
        "the driver ended with status 7 (delivery to Kafka)",
    ),
    "node lost": (
        FAILED + exited(-100, f"Container released on a *lost* node{END}"),
        "the node of the driver's container was lost, or YARN took the container back",
    ),
    "disks": (
        exited(-101, f"Container launch failed, disks are bad{MORE}"),
        "the disks of the container's node are full or broken",
    ),
    "preempted": (
        exited(-102, f"Container preempted by scheduler{MORE}"),
        "YARN took the driver's container back for another queue or application (preempted)",
    ),
    "physical memory": (
        exited(
            -104,
            "[2026-11-26 13:54:38.048]Container"
            " [pid=20225,containerID=container_1700000000000_0007_02_000001] is running 315781120B beyond the"
            " 'PHYSICAL' memory limit. Current usage: 2.8 GB of 2.5 GB physical memory used; 4.8 GB of 5.3 GB"
            " virtual memory used. Killing container.\nDump of the process-tree for"
            " container_1700000000000_0007_02_000001 :\n",
        ),
        MEMORY,
    ),
    "physical memory, as older versions say it": (
        "Container is running beyond physical memory limits. Current usage: 2.8 GB of 2.5 GB.",
        MEMORY,
    ),
    "virtual memory": (
        exited(-103, "[2026-11-26 13:54:38.048]Container is running 5B beyond the 'VIRTUAL' memory limit."),
        MEMORY,
    ),
    "JVM out of memory": (
        exited(52, launched(52, "java.lang.OutOfMemoryError: Java heap space")),
        "the driver's JVM ran out of memory",
    ),
    "killed from outside": (
        exited(
            137,
            "[2026-11-26 14:48:36.054]Container killed on request. Exit code is 137\n"
            "[2026-11-26 14:48:36.055]Container exited with a non-zero exit code 137. \n"
            f"[2026-11-26 14:48:36.056]Killed by external signal\n{MORE}",
        ),
        "the driver's container was killed from outside, by SIGKILL: by YARN, or by its node where memory"
        " ran out",
    ),
    "ended from outside": (
        exited(143, f"[2026-11-26 14:48:36.054]Container killed on request. Exit code is 143\n{MORE}"),
        "the driver's container was ended from outside, by SIGTERM",
    ),
    "file not there": (
        exited(
            -1000,
            "[2026-11-26 02:47:37.652]File does not exist: hdfs://nn:8020/user/ada/.ethlogs/env.tar.gz\n"
            "java.io.FileNotFoundException: File does not exist: hdfs://nn:8020/user/ada/.ethlogs/env.tar.gz\n"
            "\tat org.apache.hadoop.hdfs.DistributedFileSystem$29.doCall(DistributedFileSystem.java:1757)\n"
            f"\n{MORE}",
        ),
        "YARN could not prepare the driver's container: File does not exist:"
        " hdfs://nn:8020/user/ada/.ethlogs/env.tar.gz; java.io.FileNotFoundException: File does not exist:"
        " hdfs://nn:8020/user/ada/.ethlogs/env.tar.gz",
    ),
    "JVM not started": (
        FAILED
        + exited(1, launched(1, "Error: Could not find or load main class org.apache.spark.Nothing") + END),
        "the driver's container ended with exit status 1: Error: Could not find or load main class"
        " org.apache.spark.Nothing",
    ),
    "nothing heard": (
        "ApplicationMaster for attempt appattempt_1700000000000_0007_000001 timed out",
        "YARN heard nothing from the driver's application master for too long: its node is away, or hangs",
    ),
    "killed by a user": (
        "Application application_1700000000000_0007 was killed by user ada at 10.0.0.7",
        "user ada at 10.0.0.7 killed it",
    ),
    "killed by a user, who says why": (
        "Application application_1700000000000_0007 was killed by user ada at 10.0.0.7 with diagnostic"
        " message: ethlogs: did not end within 60 seconds",
        "user ada at 10.0.0.7 killed it: ethlogs: did not end within 60 seconds",
    ),
    "lifetime": (
        "Application is killed by ResourceManager as it has exceeded the lifetime period.",
        "YARN ended it when its time was over, by --timeout of a detached run or by the queue's limit",
    ),
    "executors": (
        "Max number of executor failures (6) reached",
        "Max number of executor failures (6) reached",
    ),
}


@pytest.mark.parametrize(("diagnostics", "sentence"), RECORDED.values(), ids=RECORDED)
def test_what_ended_an_attempt_is_said_in_plain_words(diagnostics: str, sentence: str) -> None:
    end = read_end(diagnostics)
    assert end is not None
    assert end.sentence == sentence


@pytest.mark.parametrize("diagnostics", ["", " \n", MORE])
def test_diagnostics_without_a_word_say_nothing(diagnostics: str) -> None:
    assert read_end(diagnostics) is None


@pytest.mark.parametrize(
    ("diagnostics", "status"),
    [
        ("User application exited with status 10", ExitStatus.DIFFERENCE),
        (exited(10, "Uncaught exception"), None),
        (exited(6, launched(6)), None),
    ],
    ids=["Spark says it is the driver's", "it may be Spark's own", "it is the container's"],
)
def test_only_what_is_surely_the_drivers_is_its_exit_status(diagnostics: str, status: int | None) -> None:
    end = read_end(diagnostics)
    assert end is not None
    assert end.drivers_status == status


def test_a_word_in_the_drivers_own_output_is_no_word_of_yarns() -> None:
    end = read_end(exited(6, launched(6, "WARN YarnAllocator: an executor was preempted")))
    assert end is not None
    assert end.sentence.startswith("the driver ended with status 6")


def test_a_status_that_nobody_knows_comes_with_yarns_words_alone() -> None:
    end = read_end(exited(239, launched(239)))
    assert end is not None
    assert end.sentence == "the driver's container ended with exit status 239"


def test_long_words_are_cut() -> None:
    assert len(clean("x" * 5000)) == 300

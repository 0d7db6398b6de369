"""Users who may submit to a queue, by what YARN's client says; a log without what Hadoop puts around it.

The client is a fake, since the devnet's schedulers know every right.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ethlogs.hadoop.applications import Applications, strip_frame


def applications_with(acls: list[tuple[str, list[str]]]) -> Applications:
    """Applications whose ResourceManager says this of its queues."""
    infos = [
        SimpleNamespace(getQueueName=lambda name=name: name, getUserAcls=lambda rights=rights: rights)
        for name, rights in acls
    ]
    made = object.__new__(Applications)
    made._client = SimpleNamespace(getQueueAclsInfo=lambda: infos)
    return made


@pytest.mark.parametrize(
    ("acls", "may"),
    [
        pytest.param([("streaming", ["SUBMIT_APPLICATIONS"])], True, id="granted"),
        pytest.param([("streaming", ["ADMINISTER_QUEUE"])], False, id="another right"),
        pytest.param([("root.streaming", [])], False, id="the whole path, no right"),
        pytest.param(
            [("root.a.streaming", []), ("root.b.streaming", ["SUBMIT_APPLICATIONS"])], True, id="two"
        ),
        pytest.param([("other", [])], True, id="nothing is said of the queue"),
    ],
)
def test_a_queue_is_refused_only_where_yarn_says_that_all_rights_are_missing(
    acls: list[tuple[str, list[str]]], may: bool
) -> None:
    assert applications_with(acls).may_submit("root.b.streaming") is may


def framed(text: str, line_feed: str) -> bytes:
    """A file of a log as Hadoop 3.5 gives it."""
    return (
        "Container: container_1_0001_01_000001 on node:1234\nLogAggregationType: LOCAL\n"
        + f"{'=' * 60}\nLogType:stderr\nLogLastModifiedTime:Fri Nov 27\nLogLength:{len(text.encode())}\n"
        + f"LogContents:\n{text}{line_feed}End of LogType:stderr.This log file belongs to a running container"
        + " (container_1_0001_01_000001) and so may not be complete.\n******************\n\n"
    ).encode()


@pytest.mark.parametrize("line_feed", ["", "\n"], ids=["by a NodeManager", "as YARN collects it"])
@pytest.mark.parametrize(
    "text", ["one\n", "one\ntwo", "one\n\n", "", "· é\n", "one\nEnd of LogType:stderr\ntwo\n"]
)
def test_a_log_is_shown_as_it_was_written_so_that_a_longer_one_begins_with_it(
    text: str, line_feed: str
) -> None:
    assert strip_frame(framed(text, line_feed)) == text
    assert strip_frame(framed("before\n", line_feed) + framed(text, line_feed)) == f"before\n{text}"


def test_a_log_without_a_frame_is_shown_as_it_is() -> None:
    assert strip_frame("one\nlängst".encode()) == "one\nlängst"

"""What a failed spark-submit wrote, as an error with a hint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ethlogs.errors import EthlogsError, KerberosError, NotAuthorizedError, SubmissionError
from ethlogs.run.folder import RunFolder
from ethlogs.submission.submit_failure import build_submit_failure


class FakeApplications:
    """In place of the ResourceManager."""

    def queue_names(self) -> list[str]:
        return ["default", "streaming"]


@pytest.mark.parametrize(
    ("output", "kind", "message", "hint"),
    [
        (
            'Exception in thread "main" a.YarnException: Failed to submit'
            " application_1_1 to YARN : application_1_1 submitted by me to unknown queue: nope",
            SubmissionError,
            "spark-submit failed: Failed to submit application_1_1 to YARN : application_1_1 submitted"
            " by me to unknown queue: nope",
            "the queues are: default, streaming",
        ),
        (
            'Exception in thread "main" x.AccessControlException: User me does not have permission to submit'
            " application_1_1 to queue restricted",
            NotAuthorizedError,
            "spark-submit was refused: User me does not have permission to submit application_1_1 to queue"
            " restricted",
            "ask for SUBMIT_APPLICATIONS on the queue restricted, or give another --queue",
        ),
        (
            'Exception in thread "main" a.b.IOException: Client cannot authenticate via:[TOKEN, KERBEROS]',
            KerberosError,
            "authentication failed for spark-submit: Client cannot authenticate via:[TOKEN, KERBEROS]",
            "ticket",
        ),
        (
            'Exception in thread "main" a.b.IOException: x.SaslException: GSS initiate failed [Caused by'
            " GSSException: No valid credentials provided (Mechanism level: Failed to find any tgt)]",
            KerberosError,
            "authentication failed for spark-submit: GSS initiate failed",
            "ticket",
        ),
        (
            'Exception in thread "main" x.AccessControlException: Permission denied: user=me,'
            ' access=WRITE, inode="/user":hdfs:supergroup:drwxr-xr-x',
            NotAuthorizedError,
            "spark-submit was refused: Permission denied: user=me",
            "hdfs dfs -setfacl -m user:me:w /user",
        ),
        (
            'Exception in thread "main" x.IllegalArgumentException: Required AM memory (9000+900 MB) is'
            " above the max threshold (4096 MB) of this cluster!",
            SubmissionError,
            "spark-submit failed: Required AM memory (9000+900 MB) is above the max threshold (4096 MB) of"
            " this cluster!",
            "--driver-memory",
        ),
        ("one\ntwo", SubmissionError, "spark-submit ended with status 1: no reason given", "driver.log"),
    ],
)
def test_a_failed_submission_says_why(
    tmp_path: Path, output: str, kind: type[EthlogsError], message: str, hint: str
) -> None:
    applications: Any = FakeApplications()
    error = build_submit_failure(
        "spark-submit ended with status 1", output, applications, RunFolder(tmp_path)
    )
    assert type(error) is kind
    assert str(error).startswith(message)
    assert hint in str(error.hint)

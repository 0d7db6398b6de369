"""Ending an application on purpose."""

from __future__ import annotations

from ethlogs.errors import NotAuthorizedError, SubmissionError
from ethlogs.submission.applications import ApplicationHandle
from ethlogs.submission.left_files import LeftFiles
from ethlogs.submission.watch import end_application


def require_owner(handle: ApplicationHandle, hdfs_dir: str | None) -> None:
    """Refuse another user's application: the run's folder is by default in its owner's home.

    Raises
    ------
    NotAuthorizedError
        When it is another user's.
    """
    owner, user = handle.application.user, handle.hadoop.user
    if owner != user and hdfs_dir is None:
        raise NotAuthorizedError(
            f"the application {handle.application.id} is {owner}'s, and this is {user}",
            hint=f"end it as {owner}, by its keytab, its ticket, or --proxy-user {owner}",
        )


def end(handle: ApplicationHandle, seconds: float, left: LeftFiles) -> bool:
    """Ask the driver to end, kill the application after ``seconds``; returns whether it ended by itself.

    What it was started with is removed from HDFS, which a driver that was killed could not do.

    Raises
    ------
    SubmissionError
        When the application is not one of ethlogs.
    """
    if handle.folder is None:
        raise SubmissionError(
            f"the application {handle.application.id} was not submitted by ethlogs",
            hint="end it with: yarn application -kill",
        )
    applications, application_id = handle.hadoop.applications, handle.application.id
    gently = end_application(applications, handle.folder, application_id, seconds)
    left.remove_if_ended(handle.folder, application_id)
    return gently

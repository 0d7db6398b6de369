"""The reason of a failed spark-submit, found in its output."""

from __future__ import annotations

from ethlogs.errors import EthlogsError, KerberosError, NotAuthorizedError, SubmissionError
from ethlogs.hadoop.applications import Applications
from ethlogs.hadoop.errors import how_to_grant
from ethlogs.run.folder import RunFolder
from ethlogs.submission.causes import find_reason

_LAST_LINES = 15
_TOO_MUCH = ("above the max threshold", "Invalid resource request")
_DENIED = (
    "does not have permission to submit",
    "cannot submit applications to queue",
    "Permission denied: user=",
)
_NO_TICKET = (
    "Client cannot authenticate via",
    "No valid credentials provided",
    "Unable to obtain password from user",
    "Keytab file: ",
)


def build_submit_failure(how: str, output: str, applications: Applications, local: RunFolder) -> EthlogsError:
    """Return what spark-submit's output says about why it failed; ``how`` it ended, where it does not."""
    reason = find_reason(output)
    hint = f"the whole output is in {local.log}"
    if any(sign in output for sign in _NO_TICKET):
        return KerberosError(
            f"authentication failed for spark-submit: {reason}", hint=f"is there a valid ticket? {hint}"
        )
    if any(sign in output for sign in _DENIED):
        return NotAuthorizedError(
            f"spark-submit was refused: {reason}", hint=f"{how_to_grant(reason)}; {hint}"
        )
    if "unknown queue" in output:
        queues = ", ".join(applications.queue_names())
        return SubmissionError(f"spark-submit failed: {reason}", hint=f"the queues are: {queues}")
    if any(sign in output for sign in _TOO_MUCH):
        return SubmissionError(
            f"spark-submit failed: {reason}",
            hint="ask for less, with --driver-memory, --driver-cores or --executor-memory",
        )
    lines = "\n".join(f"    {line}" for line in output.splitlines()[-_LAST_LINES:])
    return SubmissionError(
        f"{how}: {reason or 'no reason given'}; its last lines:\n{lines}",
        hint=hint,
    )

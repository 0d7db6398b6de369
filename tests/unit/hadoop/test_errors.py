"""Errors of Hadoop's Java clients, by the names and messages of the exceptions.

The names and messages are those that a real cluster gave; integration/yarn has the cluster.
"""

from __future__ import annotations

import pytest

from ethlogs.errors import (
    EthlogsError,
    HadoopError,
    HadoopUnavailableError,
    KerberosError,
    NotAuthorizedError,
)
from ethlogs.hadoop.errors import ReplacedError, how_to_grant, mapped_errors, to_ethlogs_error

DENIED = 'Permission denied: user=ada, access=WRITE, inode="/user/bob":bob:bob:drwx------'


@pytest.mark.parametrize(
    ("causes", "kind"),
    [
        ([("IOException", ""), ("ConnectException", "Connection refused")], HadoopUnavailableError),
        ([("SafeModeException", "Name node is in safe mode")], HadoopUnavailableError),
        ([("AccessControlException", DENIED)], NotAuthorizedError),
        ([("YarnException", "ada does not have privilege to see this application")], NotAuthorizedError),
        ([("AccessControlException", "Client cannot authenticate via:[TOKEN, KERBEROS]")], KerberosError),
        ([("KerberosAuthException", ""), ("KrbException", "Clock skew")], KerberosError),
        ([("IOException", "Unable to obtain password from user")], KerberosError),
        ([("DSQuotaExceededException", "The DiskSpace quota is exceeded")], HadoopError),
        ([("RemoteException", "FileNotFoundException: File does not exist")], ReplacedError),
        ([("ApplicationNotFoundException", "Application with id 'x' doesn't exist in RM.")], HadoopError),
        ([("IllegalArgumentException", "Wrong FS")], HadoopError),
    ],
    ids=lambda value: value[0][0] if isinstance(value, list) else value.__name__,
)
def test_an_exception_of_java_is_an_error_of_its_kind(
    causes: list[tuple[str, str]], kind: type[EthlogsError]
) -> None:
    error = to_ethlogs_error(causes, "reading /x")
    assert type(error) is kind
    assert str(error).startswith("reading /x: ")


def test_only_the_first_line_of_a_java_message_is_shown() -> None:
    error = to_ethlogs_error([("IOException", "no\n\tat org.apache.Hadoop")], "reading /x")
    assert str(error) == "reading /x: IOException: no"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (DENIED, "hdfs dfs -setfacl -m user:ada:w /user/bob, or give another --hdfs-dir"),
        ("ada cannot submit to queue root.streaming", "SUBMIT_APPLICATIONS on the queue root.streaming"),
        ("no", "ask for that right"),
    ],
)
def test_the_hint_says_what_grants_the_right(text: str, hint: str) -> None:
    assert hint in how_to_grant(text)


def test_a_jvm_that_is_gone_is_said() -> None:
    with (
        pytest.raises(HadoopUnavailableError, match="reading /x: the JVM of Hadoop's client"),
        mapped_errors("reading /x"),
    ):
        raise ConnectionResetError("reset")


def test_an_application_that_yarn_does_not_know_has_a_hint() -> None:
    causes = [("ApplicationNotFoundException", "Application with id 'x' doesn't exist in RM.")]
    error = to_ethlogs_error(causes, "asking YARN about x")
    assert str(error) == "asking YARN about x: there is no such application"
    assert "is --application right" in str(error.hint)

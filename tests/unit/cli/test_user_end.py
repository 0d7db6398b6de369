"""What lasts until its user ends it says where things stand, and its exit status is the signal's."""

from __future__ import annotations

import click
import pytest

from ethlogs.cancellation import Terminated
from ethlogs.cli.user_end import until_user_ends


@pytest.mark.parametrize(("signal", "status"), [(KeyboardInterrupt(), 130), (Terminated(), 143)])
def test_a_signal_ends_it_without_a_word_of_an_error(
    capsys: pytest.CaptureFixture[str], signal: BaseException, status: int
) -> None:
    with pytest.raises(click.exceptions.Exit) as caught, until_user_ends(lambda: "stopped watching"):
        raise signal
    assert caught.value.exit_code == status
    assert capsys.readouterr().err == "stopped watching\n"


def test_what_is_quiet_stays_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.exceptions.Exit), until_user_ends(lambda: "stopped watching", quiet=True):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == ""


def test_what_ends_by_itself_or_with_an_error_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with until_user_ends(lambda: "stopped watching"):
        pass
    with pytest.raises(OSError, match="broken"), until_user_ends(lambda: "stopped watching"):
        raise OSError("broken")
    assert capsys.readouterr().err == ""

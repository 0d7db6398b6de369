"""What a command that fails prints, for a person and for a script."""

from __future__ import annotations

import json

import pytest

from ethlogs.cli.failure import Manner, print_error
from ethlogs.errors import ExitStatus, InterruptedRunError
from tests.unit.cli.calls import KAFKA, Call


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("status", *KAFKA, "--max-lag", "3", "--json"), ExitStatus.USAGE),
        (("status", "--kafka-config", "security.protocol=nonsense", *KAFKA, "--json"), ExitStatus.SETTINGS),
        (("produce", "--json", "--blokcs", "5"), ExitStatus.USAGE),
    ],
)
def test_with_json_an_error_is_an_object_on_stdout_too(
    call: Call, arguments: tuple[str, ...], status: ExitStatus
) -> None:
    outcome = call(*arguments)
    assert outcome.status == status
    shown = json.loads(outcome.stdout)
    assert list(shown) == ["error", "hint", "exitStatus"]
    assert shown["exitStatus"] == status
    assert shown["error"] in " ".join(outcome.stderr.split())


def test_a_run_that_its_user_ends_is_not_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    ended = InterruptedRunError(
        "interrupted by SIGINT; the application continues", hint="stop it: ethlogs stop"
    )
    assert print_error(ended, Manner(verbose=False, as_json=False)) == ExitStatus.SIGINT
    assert capsys.readouterr().err == (
        "interrupted by SIGINT; the application continues\nwhat to do: stop it: ethlogs stop\n"
    )


def test_json_that_a_variable_asks_for_counts_too(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETHLOGS_JSON", "true")
    outcome = call("status", "--kafka-config", "security.protocol=nonsense", *KAFKA)
    assert json.loads(outcome.stdout)["exitStatus"] == ExitStatus.SETTINGS


def test_without_json_nothing_of_an_error_is_on_stdout(call: Call) -> None:
    outcome = call("status", "--kafka-config", "security.protocol=nonsense", *KAFKA)
    assert outcome.status == ExitStatus.SETTINGS
    assert outcome.stdout == ""


def test_a_defect_and_an_interruption_are_objects_too(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    for raised, status in (
        (ZeroDivisionError("oh"), ExitStatus.DEFECT),
        (KeyboardInterrupt(), ExitStatus.SIGINT),
    ):

        def fail(*_: object, error: BaseException = raised) -> None:
            raise error

        monkeypatch.setattr("ethlogs.cli.status.check_stream", fail)
        outcome = call("status", *KAFKA, "--json")
        assert json.loads(outcome.stdout.splitlines()[-1])["exitStatus"] == status


def test_a_path_that_is_not_utf_8_does_not_keep_an_error_from_being_json(call: Call) -> None:
    outcome = call("status", *KAFKA, "--json", "--config", "/nowhere/\udcff.toml")
    assert outcome.status == ExitStatus.SETTINGS
    assert json.loads(outcome.stdout)["error"] == "--config /nowhere/\\udcff.toml does not exist"

"""``ethlogs doctor``: a check of each thing that a run depends on, with the fix."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import click
import msgspec

from ethlogs.cli.command import command
from ethlogs.cli.origin import list_sources, origin
from ethlogs.cli.running import run_job
from ethlogs.cli.say import say
from ethlogs.doctor.checkup import CheckReport, Checkup, Finding, build_report, format_verdict
from ethlogs.doctor.machine import MachineExamination, Sources
from ethlogs.job_requests import WantedJob
from ethlogs.settings import FollowSettings, ProofSettings
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.job import CHECKUP, JobRequest
from ethlogs.settings.output import CheckOptions

_NEEDED_FOR_A_CONTAINER = (
    *("settings", "java", "spark", "master", "ticket", "stream", "hadoop", "hdfs", "yarn", "queue"),
    *("livy", "archive"),
)


@dataclass(frozen=True)
class DoctorOptions(LaunchOptions):
    """The options of ``doctor``."""

    proof: ProofSettings
    check: CheckOptions


@command(DoctorOptions)
def doctor(options: DoctorOptions) -> int:
    """Check everything that a run depends on, in the order in which a run needs it.

    Prints a line for each check, with its time and, where it fails, the fix. Nothing is written anywhere.
    The exit status is that of the first failure.

    Example: ethlogs doctor --node-url http://geth:8545 --bootstrap-server kafka:9092
    """
    as_json, context = options.output.as_json, click.get_current_context()
    checkup = Checkup(partial(_show, as_json=as_json))
    sources = Sources(list_sources(context), lambda flag: origin(flag, context))
    MachineExamination(checkup, options, options.proof, sources, say).examine()
    if options.check.in_cluster:
        failed = [name for name in _NEEDED_FOR_A_CONTAINER if checkup.has_failed(name)]
        if not failed:
            return _check_in_container(checkup, options)
        checkup.skip("container", f"node and Kafka are not checked from a container, which needs {failed[0]}")
    report = build_report(tuple(checkup.findings))
    click.echo(_to_text(report, as_json))
    return report.exit_status


def _check_in_container(checkup: Checkup, options: DoctorOptions) -> int:
    """Check node and Kafka once more where the driver will be, also where they are not reached from here."""
    as_json = options.output.as_json

    def to_text(report: dict[str, Any]) -> str:
        there = msgspec.convert(report, CheckReport)
        return _to_text(_join(build_report(tuple(checkup.findings)), there), as_json)

    say("node and Kafka are checked again, from a container of YARN:")
    # The text has the findings from here and from the container, and is JSON where that is asked for.
    plain = replace(options, output=replace(options.output, as_json=False))
    request = JobRequest(CHECKUP, follow=FollowSettings(proof=options.proof))
    status = run_job(WantedJob(request, plain), to_text)
    return checkup.exit_status or status


def _join(here: CheckReport, there: CheckReport) -> CheckReport:
    """Join both reports; the exit status is that of the first failure."""
    first = here if here.exit_status else there
    return msgspec.structs.replace(first, findings=here.findings + there.findings)


def _to_text(report: CheckReport, as_json: bool) -> str:
    """Return the findings as JSON, or the verdict on them for a person."""
    if not as_json:
        return format_verdict(report)
    return msgspec.json.encode(report).decode()


def _show(finding: Finding, as_json: bool) -> None:
    if as_json:
        say(finding.to_lines())
    else:
        click.echo(finding.to_lines())

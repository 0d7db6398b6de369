"""``ethlogs doctor``: each thing that a run depends on, checked, a line each, with the fix."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import click
import orjson

from ethlogs.cli.command import command
from ethlogs.cli.origin import list_sources, origin
from ethlogs.cli.running import run_job
from ethlogs.cli.say import say
from ethlogs.doctor.checkup import Checkup, Finding
from ethlogs.doctor.job import ClusterCheckup, verdict
from ethlogs.doctor.machine import MachineExamination, Sources
from ethlogs.settings import FollowSettings, ProofSettings
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.job import JobRequest
from ethlogs.settings.output import CheckOptions


@dataclass(frozen=True)
class DoctorOptions(LaunchOptions):
    """The options of ``doctor``."""

    proof: ProofSettings
    check: CheckOptions


@command(DoctorOptions)
def doctor(options: DoctorOptions) -> int:
    """Check everything that a run depends on, in the order in which a run needs it.

    A line each, with its time and, where it fails, what to do. Nothing is written anywhere. The exit
    status is that of the first failure.

    Example: ethlogs doctor --node-url http://geth:8545 --bootstrap-server kafka:9092
    """
    as_json, context = options.output.as_json, click.get_current_context()
    checkup = Checkup(partial(_show, as_json=as_json))
    sources = Sources(list_sources(context), lambda flag: origin(flag, context))
    MachineExamination(checkup, options, options.proof, sources, say).examine()
    if options.check.in_cluster and not checkup.exit_status:

        def to_text(report: dict[str, Any]) -> str:
            return _to_text(checkup, report["findings"], report["exitStatus"], as_json)

        # The text has the findings from here and from the container, and is JSON where that is asked for.
        plain = replace(options, output=replace(options.output, as_json=False))
        request = JobRequest(ClusterCheckup.kind, follow=FollowSettings(proof=options.proof))
        return run_job(request, plain, to_text)
    click.echo(_to_text(checkup, [], checkup.exit_status, as_json))
    return checkup.exit_status


def _to_text(checkup: Checkup, in_container: list[dict[str, Any]], status: int, as_json: bool) -> str:
    """The findings from here and from the container as JSON, or the verdict on them for a person."""
    findings = [finding.to_dict() | {"where": "here"} for finding in checkup.findings]
    findings += [finding | {"where": "container"} for finding in in_container]
    return (
        orjson.dumps({"exitStatus": status, "findings": findings}).decode() if as_json else verdict(findings)
    )


def _show(finding: Finding, as_json: bool) -> None:
    if as_json:
        say(finding.to_lines())
    else:
        click.echo(finding.to_lines())

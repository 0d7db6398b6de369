"""Doctor on a machine without services: each check, and where a wrong setting came from."""

from __future__ import annotations

from pathlib import Path

import orjson

from tests.unit.cli.calls import NODE, Call, write_config


def test_a_wrong_setting_is_named_with_its_place_and_what_rests_on_it_is_skipped(
    machine: Path, call: Call
) -> None:
    write_config("bootstrap-server = 'kafka'")
    outcome = call("doctor", "--master", "local[*]", "--json", *NODE)
    assert outcome.status == 3
    findings = {finding["check"]: finding for finding in orjson.loads(outcome.stdout)["findings"]}
    assert {name: finding["state"] for name, finding in findings.items()} == {
        "settings": "failed",
        "java": "ok",
        "spark": "ok",
        "master": "ok",
        "ticket": "skipped",
        "stream": "skipped",
    }
    place = f"(from the key bootstrap-server of {Path.cwd() / 'ethlogs.toml'})"
    assert findings["settings"]["text"].startswith(f"--bootstrap-server {place} 'kafka' is not")


def test_the_checks_name_where_each_setting_came_from_and_never_a_value(machine: Path, call: Call) -> None:
    write_config("bootstrap-server = 'kafka:1'\ntopic = 'a topic that is wrong'")
    outcome = call("doctor", "--master", "local[*]", "--node-url", "http://me:hunter2@geth")
    assert "--node-url given, " in outcome.stdout
    assert f"--topic from {Path.cwd() / 'ethlogs.toml'}" in outcome.stdout
    assert "hunter2" not in outcome.stdout + outcome.stderr

"""``ethlogs status``: where a stream stands."""

from __future__ import annotations

from typing import Any

import click
import orjson

from ethlogs.cli import options
from ethlogs.cli.display import say
from ethlogs.errors import ExitStatus
from ethlogs.status import fetch_status, format_status


@click.command()
@options.node_options
@options.kafka_options
@options.stream_options
@options.setting(
    "--max-lag", type=click.IntRange(min=0), metavar="N", help="Status 10 when it is further behind."
)
@options.setting(
    "--max-age", type=click.FloatRange(min=0), metavar="SECONDS", help="Status 10 when the tip is older."
)
@options.json_option
@options.verbosity_options
@options.config_option
def status(
    max_lag: int | None,
    max_age: float | None,
    as_json: bool,
    verbose: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Show a stream's tip, its age, its lag behind the node, and the run that holds it.

    With --max-lag or --max-age the exit status is 10 when a limit is exceeded, for alerts.

    Example: ethlogs status --node-url http://geth:8545 --bootstrap-server kafka:9092 --max-lag 10
    """
    kafka = options.kafka_settings(given["bootstrap_server"], given["kafka_config"], given["patience"])
    stream = options.stream_settings(given["topic"], given["ledger_topic"])
    node = None
    if given["node_url"]:
        # An alert must not wait for minutes: what does not answer at once is an answer.
        node = options.node_settings(given["node_url"], given["node_timeout"], min(given["patience"], 5.0))
    elif max_lag is not None:
        raise click.UsageError("--max-lag needs --node-url", click.get_current_context())
    found = fetch_status(kafka, stream, node)
    click.echo(orjson.dumps(found.to_dict()).decode() if as_json else format_status(found))
    exceeded = found.exceeded(max_lag, max_age)
    for sentence in exceeded:
        say(f"error: {sentence}")
    return ExitStatus.DIFFERENCE if exceeded else ExitStatus.DONE

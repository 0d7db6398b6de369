"""``ethlogs status``: where a stream stands."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import click
import orjson

from ethlogs.cli import options
from ethlogs.cli.cluster import find_application, open_cluster
from ethlogs.cli.display import say
from ethlogs.cli.security import identity, ticket
from ethlogs.cli.values import Count, Seconds
from ethlogs.errors import (
    ExitStatus,
    KafkaUnavailableError,
    KerberosError,
    NodeUnavailableError,
    SettingsError,
    SubmissionError,
)
from ethlogs.hadoop.client import Hadoop
from ethlogs.status import StreamStatus, fetch_status, format_status

DescribeApplication = Callable[[], dict[str, Any] | None]
_CONF_DIRS = ("HADOOP_CONF_DIR", "YARN_CONF_DIR")
_WATCH_SECONDS = 3.0


@click.command()
@options.node_options
@options.kafka_options
@options.kerberos_options
@options.stream_options
@options.setting("--max-lag", type=Count(min=0), metavar="N", help="Status 10 when it is further behind.")
@options.setting("--max-age", type=Seconds(min=0), metavar="SECONDS", help="Status 10 when the tip is older.")
@options.setting("--application", metavar="ID", help="On YARN. [default: the newest of the stream]")
@options.hdfs_dir_option
@options.setting("--spark-submit", metavar="PATH", help="Whose jars ask YARN. [default: as for produce]")
@click.option("--watch", is_flag=True, help="Show it again every few seconds, until it is interrupted.")
@options.json_option
@options.verbosity_options
@options.config_option
def status(
    max_lag: int | None,
    max_age: float | None,
    watch: bool,
    as_json: bool,
    verbose: bool,
    **given: Any,
) -> int:
    """Show a stream's tip, its age, its lag behind the node, the run that holds it, and its application.

    With --max-lag or --max-age the exit status is 10 when a limit is exceeded, for alerts.

    Example: ethlogs status --node-url http://geth:8545 --bootstrap-server kafka:9092 --max-lag 10
    """
    found = identity(given)
    stream = options.stream_settings(given["topic"])
    node = None
    if given["node_url"]:
        # An alert must not wait for minutes: what does not answer at once is an answer.
        node = options.node_settings(
            **{name: given[name] for name in options.NODE_SETTINGS}
            | {"patience": min(given["patience"], 5.0)}
        )
    elif max_lag is not None:
        raise click.UsageError("--max-lag needs --node-url", click.get_current_context())
    with ticket(found), _find_application(given) as describe:
        stream_status = fetch_status(found.kafka, stream, node)
        _show(stream_status, describe(), as_json)
        while watch:
            time.sleep(_WATCH_SECONDS)
            try:
                _show(fetch_status(found.kafka, stream, node), describe(), as_json)
            except (NodeUnavailableError, KafkaUnavailableError) as exc:
                say(f"{exc}; asking again")
    exceeded = stream_status.exceeded(max_lag, max_age)
    for sentence in exceeded:
        say(f"error: {sentence}")
    return ExitStatus.DIFFERENCE if exceeded else ExitStatus.DONE


def _show(found: StreamStatus, application: dict[str, Any] | None, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps({**found.to_dict(), "application": application}).decode())
        return
    click.echo(format_status(found))
    if application is not None:
        click.echo(f"{'application':14}{', '.join(str(value) for value in application.values() if value)}")


@contextlib.contextmanager
def _find_application(given: dict[str, Any]) -> Iterator[DescribeApplication]:
    """How to look the stream's application up, where there is a cluster; ``None`` stands for no answer."""
    if not given["application"] and not any(os.environ.get(name) for name in _CONF_DIRS):
        yield lambda: None
        return
    with contextlib.ExitStack() as stack:
        try:
            hadoop = stack.enter_context(open_cluster(given))
        except (SettingsError, SubmissionError) as exc:
            # A cluster that cannot be asked says nothing about the stream.
            say(f"warning: the application is not shown: {exc}", given["quiet"])
            yield lambda: None
            return
        yield partial(_describe, hadoop, given)


def _describe(hadoop: Hadoop, given: dict[str, Any]) -> dict[str, Any] | None:
    try:
        application = find_application(hadoop, given)
    except (SubmissionError, KerberosError) as exc:
        return {"error": str(exc)}
    return {
        "id": application.id,
        "state": application.final if application.ended else application.state,
        "attempt": f"attempt {application.attempt}",
        "queue": application.queue,
        "trackingUrl": application.tracking_url,
    }

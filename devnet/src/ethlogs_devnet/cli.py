"""The command ``ethlogs-devnet``."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ethlogs_devnet.conda.channel import find_channel, find_template, write_env_file
from ethlogs_devnet.control import ask_for_reorg
from ethlogs_devnet.devnet import prepare
from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.geth.binary import find_geth
from ethlogs_devnet.kerberos.settings import DAY_SECONDS, LONGEST_SECONDS, SHORTEST_SECONDS
from ethlogs_devnet.options import DevnetOptions
from ethlogs_devnet.progress import to_stderr
from ethlogs_devnet.runner import run_with_devnet
from ethlogs_devnet.signals import InterruptedBySignal, handling, raise_interrupted
from ethlogs_devnet.state import default_state_dir
from ethlogs_devnet.status import fetch_status
from ethlogs_devnet.supervisor import bring_up, take_down

_Command = Callable[..., Any]

_state = click.option(
    "--state",
    "state_dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of data and logs [default: $ETHLOGS_DEVNET_STATE, else ~/.local/state/ethlogs-devnet].",
)
_blocks = click.option(
    "--blocks",
    type=click.IntRange(min=0),
    default=30,
    show_default=True,
    help="Length of the ready-made chain.",
)
_block_seconds = click.option(
    "--block-seconds",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Seconds between the blocks that are added while it is up; 0 adds none.",
)
_yarn = click.option("--yarn", is_flag=True, help="Add HDFS and YARN, and run on them.")
_livy = click.option("--livy", is_flag=True, help="With --yarn: add Livy, and submit through it.")
_kerberos = click.option(
    "--kerberos",
    is_flag=True,
    help="Add a Kerberos realm; Kafka, and with --yarn HDFS and YARN too, let nobody in without a ticket.",
)
_ticket_seconds = click.option(
    "--ticket-seconds",
    type=click.IntRange(SHORTEST_SECONDS, LONGEST_SECONDS),
    default=DAY_SECONDS,
    show_default=True,
    help="With --kerberos: how long a ticket lasts. Below a day Kafka asks for a new one after 3/4 of it.",
)


def _services(command: _Command) -> _Command:
    """Add the options of DevnetOptions, under its names."""
    for option in (_ticket_seconds, _kerberos, _livy, _yarn, _block_seconds, _blocks):
        command = option(command)
    return command


def _is_given(name: str) -> bool:
    """Tell whether an option of the present command was given, rather than left at its default."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def main() -> None:
    """Run the command line; the console script's entry point."""
    with _errors_as_one_line(), handling(raise_interrupted):
        devnet_command()


@contextmanager
def _errors_as_one_line() -> Iterator[None]:
    try:
        yield
    except DevnetError as error:
        to_stderr(f"{error}{f' ({error.hint})' if error.hint else ''}")
        sys.exit(error.exit_status)
    except InterruptedBySignal as interrupted:
        sys.exit(interrupted.exit_status)


@click.group(name="ethlogs-devnet", context_settings={"help_option_names": ["-h", "--help"]})
def devnet_command() -> None:
    """A real geth, a real Kafka and, if asked for, a real Hadoop, Livy and Kerberos realm.

    All are on free ports of the loopback address.
    """


@devnet_command.command()
@_state
@_services
def up(state_dir: Path | None, **options: Any) -> None:
    """Start the services in the background and print their settings.

    Example: eval "$(ethlogs-devnet up)"
    """
    insisted = [name for name in options if _is_given(name)]
    state = bring_up(state_dir or default_state_dir(), DevnetOptions(**options), to_stderr, insisted)
    for name, value in state.environment.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@devnet_command.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@_state
@_services
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(state_dir: Path | None, command: tuple[str, ...], **options: Any) -> None:
    """Run COMMAND with the services up, and take them down when it ends.

    The exit status is COMMAND's; 127 when it does not exist. Without --state everything is in a temporary
    folder that is removed.

    Example: ethlogs-devnet run -- ethlogs produce --blocks 5
    """
    sys.exit(run_with_devnet(command, state_dir, DevnetOptions(**options), to_stderr))


@devnet_command.command()
@_state
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(state_dir: Path | None, as_json: bool) -> None:
    """Show each service: process, ports, head block. Exit status 1 unless all are up."""
    found = fetch_status(state_dir or default_state_dir())
    click.echo(json.dumps(found.to_json()) if as_json else "\n".join(found.to_lines()))
    sys.exit(0 if found.up else 1)


@devnet_command.command()
@_state
@click.option("--keep-data", is_flag=True, help="Keep chain and topics for the next up.")
def down(state_dir: Path | None, keep_data: bool) -> None:
    """End the services that up has started and remove their data."""
    take_down(state_dir or default_state_dir(), to_stderr, keep_data=keep_data)


@devnet_command.command()
@_state
@click.option(
    "--depth", type=click.IntRange(min=1), default=1, show_default=True, help="Number of blocks to replace."
)
def reorg(state_dir: Path | None, depth: int) -> None:
    """Replace the newest blocks of the running chain by one more others, and print their hashes.

    Blocks that are final are not replaced.

    Example: ethlogs-devnet reorg --depth 3
    """
    for block_hash in ask_for_reorg(state_dir or default_state_dir(), depth):
        click.echo(block_hash)


@devnet_command.command()
@_blocks
@_yarn
@_livy
@click.option("--only", type=click.Choice(["geth"]), help="Fetch or build geth and nothing else.")
def download(blocks: int, yarn: bool, livy: bool, only: str | None) -> None:
    """Fetch and build all that the services need, so that later starts need no network."""
    if only == "geth":
        find_geth(to_stderr)
    else:
        prepare(blocks, to_stderr, to_stderr, yarn=yarn, livy=livy)


@devnet_command.command("conda-env")
@click.option(
    "--template",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="conda-env.yml that lists the packages. [default: that of the ethlogs installed beside the devnet]",
)
@click.option("--kerberos", is_flag=True, help="With gssapi, which pip builds.")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def conda_env(template: Path | None, kerberos: bool, path: Path) -> None:
    """Write a conda-env.yml that needs no channel but one of this machine's own Python, made once.

    Example: ethlogs-devnet conda-env env.yml; ethlogs pack --env-file env.yml
    """
    template = template or find_template()
    if template is None:
        raise DevnetError("ethlogs is not installed beside the devnet", hint="give --template")
    write_env_file(path, find_channel(to_stderr), template, kerberos=kerberos)
    click.echo(path)

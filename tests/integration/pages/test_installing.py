"""What the pages install and start: environments of their own, devnets, an archive of classes."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from scripts.page_commands import read_script
from tests.harness.pages import ROOT, Shell
from tests.integration.pages.user import User

pytestmark = [pytest.mark.services, pytest.mark.long]

NOT_OF_A_CLONE = shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info", "site", "dist")


def in_a_clone(folder: Path) -> Shell:
    """A shell in the repository's folder, whose ``.venv`` is there."""
    (folder / ".venv").symlink_to(Path(sys.executable).parent.parent)
    return Shell(folder)


def test_a_command_runs_on_a_devnet_and_one_that_is_up_is_reorganized_and_taken_down(tmp_path: Path) -> None:
    shell = in_a_clone(tmp_path)
    done = shell.run(read_script("README.md", "Try it", "ethlogs-devnet run"))
    assert done.stdout.startswith("smoketest                       passed\n")
    shell.run(
        read_script("docs/first-hour.md", "Your first hour", without=("make setup-demo",))
        + read_script("devnet/README.md", "The chain")
        + "ethlogs-devnet down\n"
    )


def test_a_devnet_with_each_of_its_services_runs_a_command(tmp_path: Path) -> None:
    script = read_script("devnet/README.md", "ethlogs-devnet", without=("pip install",))
    done = in_a_clone(tmp_path).run(
        f"{script}ethlogs-devnet down\n", {"COMMAND": "bash -c 'echo there is $ETHLOGS_NODE_URL'"}
    )
    assert done.stdout.count("there is http://") == 3


def test_the_pages_install_into_an_environment_of_ones_own_and_uninstall(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(ROOT, clone, ignore=NOT_OF_A_CLONE)
    shell = Shell(clone, PYTHONPATH="", PIP_CACHE_DIR=str(Path.home() / ".cache" / "pip"), PIP_YES="true")
    made = read_script("docs/first-hour.md", "What you need")
    done = shell.run(
        made
        + read_script("README.md", "Install")
        + read_script("docs/cluster.md", "On a cluster", without=("export", "ethlogs produce"))
        + read_script("devnet/README.md", "ethlogs-devnet", "pip install", without=("ethlogs-devnet ",))
        + "type -P ethlogs ethlogs-devnet\n"
        + read_script("docs/operations.md", "Uninstall", without=("ethlogs stop", "ethlogs clean", "rm "))
        + "! test -e ethlogs-venv/bin/ethlogs\n"
    )
    programs = [str(clone / "ethlogs-venv/bin" / name) for name in ("ethlogs", "ethlogs-devnet")]
    assert [line for line in done.stdout.splitlines() if line in programs] == programs


def test_a_driver_takes_its_classes_from_the_archive_that_the_page_makes(user: User) -> None:
    user.have(2)
    loads = user.shell.folder / "loads"
    user.shell.run(
        read_script("docs/performance.md", "From the command to the first block")
        + f'SPARK_SUBMIT_OPTS="$SPARK_SUBMIT_OPTS -Xlog:class+load:file={loads}" ethlogs produce --blocks 1\n'
    )
    assert "org.apache.spark.SparkContext source: shared objects file (top)" in loads.read_text()

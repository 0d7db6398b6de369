"""Environments that conda, mamba or micromamba made, found without running any of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ethlogs.errors import PackError

_USUAL_FOLDERS = (".conda", "miniforge3", "mambaforge", "miniconda3", "anaconda3", "micromamba")


def find_prefix(prefix: str | None, name: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of an environment, by itself or by its name.

    Raises
    ------
    PackError
        When there is none.
    """
    if prefix:
        folder = Path(prefix).expanduser().absolute()
        if not folder.is_dir():
            raise PackError(
                f"--env-prefix {prefix} does not exist", hint="conda env list shows your environments"
            )
        return folder
    for folder in _candidates(str(name), environment):
        if (folder / "conda-meta").is_dir():
            return folder
    raise PackError(
        f"there is no environment named {name}", hint="conda env list shows them; or give --env-prefix"
    )


def _candidates(name: str, environment: Mapping[str, str]) -> Iterator[Path]:
    listed = Path.home() / ".conda" / "environments.txt"
    if listed.is_file():
        yield from (Path(line) for line in listed.read_text().splitlines() if Path(line).name == name)
    for folders in (environment.get("CONDA_ENVS_PATH"), environment.get("CONDA_ENVS_DIRS")):
        yield from (Path(folder) / name for folder in (folders or "").split(os.pathsep) if folder)
    for root in ("MAMBA_ROOT_PREFIX", "CONDA_ROOT", "CONDA_PREFIX"):
        if environment.get(root):
            yield Path(environment[root]) / "envs" / name
            yield Path(environment[root]).parent / name
    if environment.get("CONDA_EXE"):
        yield Path(environment["CONDA_EXE"]).parent.parent / "envs" / name
    yield from (Path.home() / folder / "envs" / name for folder in _USUAL_FOLDERS)

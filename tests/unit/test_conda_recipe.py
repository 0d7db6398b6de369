"""The conda package depends on what pip's depends on."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
BROUGHT_ALONG = {"kafka-python", "safe-pysha3"}


def requirements(lines: list[str]) -> dict[str, str]:
    """Versions by name, without extras and blanks."""
    found = {}
    for line in filter(None, map(str.strip, lines)):
        match = re.match(r"([\w-]+)(?:\[[^\]]*\])?(.*)", line)
        assert match is not None
        # conda-forge writes prometheus_client where PyPI writes prometheus-client
        found[match[1].replace("_", "-")] = match[2].replace(" ", "")
    return found


def test_the_conda_recipe_has_the_requirements_of_setup_cfg() -> None:
    recipe: dict[str, Any] = yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text())
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    wanted = requirements(settings["options"]["install_requires"].splitlines())
    run = requirements(recipe["requirements"]["run"])
    assert run.items() >= {name: wanted[name] for name in wanted.keys() - BROUGHT_ALONG}.items()
    script = recipe["build"]["script"]
    assert all(f'"{name} {wanted[name]}"' in script for name in BROUGHT_ALONG)


def test_the_conda_recipe_has_the_version_of_the_package() -> None:
    recipe = yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text())
    assert f'__version__ = "{recipe["context"]["version"]}"' in (ROOT / "src/ethlogs/__init__.py").read_text()

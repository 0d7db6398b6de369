"""Finding anvil, or fetching it from npm once."""

from __future__ import annotations

import base64
import hashlib
import platform
import shutil
import subprocess
import tarfile
from pathlib import Path

from ethlogs_devnet.cache import building_folder, cache_folder, locked
from ethlogs_devnet.errors import DevnetError, MissingToolError
from ethlogs_devnet.progress import Report, silent

ANVIL_VERSION = "1.7.1"
_MEMBER = "package/bin/anvil"
_SHA512 = {
    "amd64": "+XmShybEaxfCrr0OUUZwYEy2OnYZt5pHH9TzBtLv3+VrK0O/ANuNSVEahqNhKHlgX7GRJ59383ofNhxkRWIYTg==",
    "arm64": "ykHJmFOGdBR8+9smOKBm9ZZDCCCkLQctiHOAddLvmYx9mPeBDMfq6jP51hKYsO5MG8ClPLSlWe+JpiXPjoXgBQ==",
}
"""What npm's registry names as each package's integrity, by the machine's architecture."""
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def find_anvil(report: Report = silent) -> Path:
    """Return the cached anvil; fetch it first where it is not there (44 MB).

    Raises MissingToolError where npm is not installed, or has no anvil for this machine.
    """
    anvil = cache_folder() / f"anvil-{ANVIL_VERSION}" / "anvil"
    if not anvil.exists():
        with locked("anvil"):
            if not anvil.exists():
                report(f"fetching anvil {ANVIL_VERSION}: some seconds, once")
                _fetch(anvil)
    return anvil


def _fetch(anvil: Path) -> None:
    architecture = _MACHINES.get(platform.machine())
    if architecture is None:
        raise MissingToolError(f"there is no anvil for {platform.machine()}")
    if shutil.which("npm") is None:
        raise MissingToolError("anvil is fetched by npm, which is not installed", hint="apt-get install npm")
    with building_folder(anvil.parent) as folder:
        package = f"@foundry-rs/anvil-linux-{architecture}@{ANVIL_VERSION}"
        command = ["npm", "pack", "--silent", package]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DevnetError(
                f"npm cannot fetch anvil: {(done.stderr or done.stdout).strip()[-500:]}",
                hint="it needs the network, once",
            )
        archive = folder / done.stdout.strip().splitlines()[-1]
        check_integrity(archive, _SHA512[architecture])
        with tarfile.open(archive) as members:
            # one member by its name: nothing else of the archive is written
            member = members.getmember(_MEMBER)
            member.name = anvil.name
            members.extract(member, folder, filter="data")
        archive.unlink()


def check_integrity(archive: Path, sha512: str) -> None:
    """Raise DevnetError unless the archive has exactly this content; ``sha512`` is in base64."""
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != sha512:
        raise DevnetError(f"{archive.name} is not what was asked for: its SHA-512 is {found}")
